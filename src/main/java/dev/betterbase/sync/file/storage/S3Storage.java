package dev.betterbase.sync.file.storage;

import dev.betterbase.sync.settings.FileStorage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Files in a bucket of S3 or of a compatible server. It uses path-style addresses and omits the
 * checksums that newer clients add, because many compatible servers do not know them. In transit,
 * TLS protects the bytes over https, and the signature of each chunk over http.
 */
public final class S3Storage implements Storage {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);

  /** The longest that the server may be silent while an answer is due. */
  private static final Duration SILENCE_LIMIT = Duration.ofSeconds(30);

  /**
   * The time-out of a call that carries no file bytes, and of a reading until its first byte,
   * retries included.
   */
  private static final Duration CALL_LIMIT = Duration.ofSeconds(60);

  /** The time-out of the check at start, which waits for the answer. */
  private static final Duration CHECK_LIMIT = Duration.ofSeconds(5);

  private static final String MEDIA_TYPE = "application/octet-stream";

  private final S3Client client;

  /**
   * For bodies that a client sends, which cannot be read twice: it retries only near their
   * beginning.
   */
  private final S3Client uploads;

  private final String bucket;

  /** Makes no connection yet: the first use shows whether the bucket can be reached. */
  public S3Storage(FileStorage.S3 settings) {
    bucket = settings.bucket();
    client = client(settings, AwsRetryStrategy.standardRetryStrategy());
    uploads = client(settings, AwsRetryStrategy.doNotRetry());
  }

  private static S3Client client(FileStorage.S3 settings, RetryStrategy retries) {
    return S3Client.builder()
        .endpointOverride(S3Endpoint.forClient(settings.endpoint()))
        .region(Region.of(settings.region()))
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(
                    settings.accessKey().value(), settings.secretKey().value())))
        .forcePathStyle(true)
        .serviceConfiguration(S3Configuration.builder().expectContinueEnabled(false).build())
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
        .overrideConfiguration(
            config ->
                S3Endpoint.configure(config, settings.endpoint())
                    .retryStrategy(retries)
                    // Only this server's settings count, not the AWS files of the user it runs as.
                    .defaultProfileFile(ProfileFile.aggregator().build()))
        .httpClientBuilder(
            UrlConnectionHttpClient.builder()
                .connectionTimeout(CONNECT_LIMIT)
                .socketTimeout(SILENCE_LIMIT))
        .build();
  }

  @Override
  public void check() throws IOException {
    call(
        "show the bucket " + bucket,
        () ->
            client.headBucket(
                request ->
                    request
                        .bucket(bucket)
                        .overrideConfiguration(config -> config.apiCallTimeout(CHECK_LIMIT))));
  }

  /**
   * {@inheritDoc}
   *
   * <p>A server that refuses while the body is being sent may close the connection before its
   * answer is read. The error is then a write error.
   */
  @Override
  public Upload receive(InputStream bytes, long length) throws IOException {
    Upload upload = Upload.random();
    PutObjectRequest request =
        PutObjectRequest.builder()
            .bucket(bucket)
            .key(upload.path())
            .contentType(MEDIA_TYPE)
            .contentLength(length)
            .build();
    var body = new RepeatableInput(new LimitedInput(bytes, length));
    RequestBody content =
        RequestBody.fromContentProvider(body::fromTheBeginning, length, MEDIA_TYPE);
    try {
      call("upload", () -> uploads.putObject(request, content));
    } catch (IOException failure) {
      // A kept-alive connection may have been closed meanwhile, which the first bytes show.
      if (failure.getCause() instanceof AwsServiceException || !body.isRepeatable()) {
        throw failure;
      }
      call("upload", () -> uploads.putObject(request, content));
    }
    return upload;
  }

  @Override
  public void publish(Upload upload, FileKey key) throws IOException {
    CopyObjectRequest request =
        CopyObjectRequest.builder()
            .sourceBucket(bucket)
            .sourceKey(upload.path())
            .destinationBucket(bucket)
            .destinationKey(key.path())
            .overrideConfiguration(config -> config.apiCallTimeout(CALL_LIMIT))
            .build();
    call("copy", () -> client.copyObject(request));
  }

  /** {@link #publish} does not remove the temporary object. */
  @Override
  public void withdraw(Upload upload, FileKey key) {}

  @Override
  public void discard(Upload upload) throws IOException {
    delete(upload.path());
  }

  @Override
  public InputStream read(FileKey key, long from, long length) throws IOException {
    GetObjectRequest.Builder request =
        GetObjectRequest.builder()
            .bucket(bucket)
            .key(key.path())
            .overrideConfiguration(config -> config.apiCallTimeout(CALL_LIMIT));
    if (length > 0) {
      request.range("bytes=" + from + "-" + (from + length - 1));
    }
    try {
      return new LimitedInput(call("read", () -> client.getObject(request.build())), length);
    } catch (IOException failure) {
      if (failure.getCause() instanceof NoSuchKeyException) {
        throw new NoSuchFileException(key.path());
      }
      throw failure;
    }
  }

  @Override
  public void delete(FileKey key) throws IOException {
    delete(key.path());
  }

  private void delete(String path) throws IOException {
    call(
        "delete",
        () ->
            client.deleteObject(
                request ->
                    request
                        .bucket(bucket)
                        .key(path)
                        .overrideConfiguration(config -> config.apiCallTimeout(CALL_LIMIT))));
  }

  @Override
  public OptionalLong size(FileKey key) throws IOException {
    OptionalLong size =
        call(
            "look up a file",
            () -> {
              try {
                return OptionalLong.of(
                    client
                        .headObject(
                            request ->
                                request
                                    .bucket(bucket)
                                    .key(key.path())
                                    .overrideConfiguration(
                                        config -> config.apiCallTimeout(CALL_LIMIT)))
                        .contentLength());
              } catch (NoSuchKeyException absent) {
                return OptionalLong.empty();
              }
            });
    if (size.isEmpty()) {
      // The answer to HEAD has no body that tells a missing file from a missing bucket.
      check();
    }
    return size;
  }

  @Override
  public void visit(Visitor visitor) throws IOException {
    Iterator<S3Object> objects = objects(FileKey.FOLDER);
    while (call("list", objects::hasNext)) {
      Optional<FileKey> key = FileKey.ofPath(objects.next().key());
      if (key.isPresent()) {
        visitor.file(key.get());
      }
    }
  }

  /** All objects whose keys begin so; fetched page by page. */
  private Iterator<S3Object> objects(String prefix) throws IOException {
    var pages =
        client.listObjectsV2Paginator(
            request ->
                request
                    .bucket(bucket)
                    .prefix(prefix)
                    .overrideConfiguration(config -> config.apiCallTimeout(CALL_LIMIT)));
    return call("list", () -> pages.contents().iterator());
  }

  @Override
  public Set<Upload> unfinished() throws IOException {
    Set<Upload> unfinished = new HashSet<>();
    Iterator<S3Object> objects = objects(Upload.FOLDER);
    while (unfinished.size() < MOST_UNFINISHED && call("list", objects::hasNext)) {
      Upload.named(objects.next().key().substring(Upload.FOLDER.length()))
          .ifPresent(unfinished::add);
    }
    return unfinished;
  }

  @Override
  public void close() {
    client.close();
    uploads.close();
  }

  /** The SDK's errors name addresses and request ids, but neither keys nor signatures. */
  private static <T> T call(String what, Supplier<T> call) throws IOException {
    try {
      return call.get();
    } catch (AwsServiceException refused) {
      throw new IOException(
          "S3 refused to " + what + ": " + refused.statusCode() + " " + code(refused), refused);
    } catch (SdkException failure) {
      throw new IOException("S3 did not " + what + ": " + failure.getMessage(), failure);
    }
  }

  private static String code(AwsServiceException refused) {
    return refused.awsErrorDetails() == null ? "" : refused.awsErrorDetails().errorCode();
  }
}
