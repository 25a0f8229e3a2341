package dev.betterbase.sync.file.storage;

import java.net.URI;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * The endpoint of the S3 client when the name of its host contains an underscore, as the names of
 * services in Docker Compose do. The SDK takes the host from {@link URI#getHost}, which is null
 * then. So the client is made for another name, and the host is replaced in each request before it
 * is signed.
 */
final class S3Endpoint {
  /** A name that is reserved, so no request can go there (RFC 2606). */
  private static final String PLACEHOLDER = "s3.invalid";

  private S3Endpoint() {}

  /** The endpoint for which the client is made. */
  static URI forClient(URI endpoint) {
    if (endpoint.getHost() != null) {
      return endpoint;
    }
    String authority = endpoint.getRawAuthority();
    String port = authority.replaceFirst("^[^:]*", "");
    return URI.create(endpoint.getScheme() + "://" + PLACEHOLDER + port + endpoint.getRawPath());
  }

  /** Makes the client send its requests to the endpoint. */
  static ClientOverrideConfiguration.Builder configure(
      ClientOverrideConfiguration.Builder config, URI endpoint) {
    return endpoint.getHost() != null
        ? config
        : config.addExecutionInterceptor(
            new Host(endpoint.getRawAuthority().replaceFirst(":.*$", "")));
  }

  private record Host(String name) implements ExecutionInterceptor {
    @Override
    public SdkHttpRequest modifyHttpRequest(
        Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
      return context.httpRequest().toBuilder().host(name).build();
    }
  }
}
