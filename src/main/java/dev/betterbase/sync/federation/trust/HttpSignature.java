package dev.betterbase.sync.federation.trust;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.greenbytes.http.sfv.ByteSequenceItem;
import org.greenbytes.http.sfv.Dictionary;
import org.greenbytes.http.sfv.InnerList;
import org.greenbytes.http.sfv.IntegerItem;
import org.greenbytes.http.sfv.Item;
import org.greenbytes.http.sfv.Parameters;
import org.greenbytes.http.sfv.ParseException;
import org.greenbytes.http.sfv.Parser;
import org.greenbytes.http.sfv.StringItem;
import org.jspecify.annotations.Nullable;

/**
 * The Ed25519 signature of a request of a peer, labelled {@code sig} (auth.md, HTTP signature; RFC
 * 9421).
 *
 * @param components the signed components, in order; at least {@link #REQUIRED}
 * @param params the signature parameters as they are signed, including the list of components
 * @param keyId the key id as sent; its form is not checked
 * @param created seconds since 1970
 * @param signature 64 bytes
 */
public record HttpSignature(
    List<String> components, String params, String keyId, long created, byte[] signature) {

  public static final String INPUT_HEADER = "Signature-Input";
  public static final String HEADER = "Signature";

  private static final String LABEL = "sig";
  private static final String ALGORITHM = "ed25519";
  private static final int SIGNATURE_BYTES = 64;
  private static final List<String> REQUIRED = List.of("@method", "@target-uri", "host");

  /** A signed request: its method, path and header fields by lower-case name. */
  public record Request(String method, String path, Function<String, @Nullable String> header) {

    /** The {@code Host} header; empty if the request has none. */
    String host() {
      return Optional.ofNullable(header.apply("host")).orElse("");
    }
  }

  /**
   * Reads the signature of a request.
   *
   * @param input the {@code Signature-Input} header, or null
   * @param signature the {@code Signature} header, or null
   * @return empty if there is none or it is malformed
   */
  static Optional<HttpSignature> read(@Nullable String input, @Nullable String signature) {
    if (input == null || signature == null) {
      return Optional.empty();
    }
    try {
      if (!(member(input) instanceof InnerList list)
          || !(member(signature) instanceof ByteSequenceItem bytes)
          || !(list.getParams().get("keyid") instanceof StringItem keyId)
          || !(list.getParams().get("alg") instanceof StringItem algorithm)
          || !(list.getParams().get("created") instanceof IntegerItem created)
          || !algorithm.get().equals(ALGORITHM)
          || bytes.get().remaining() != SIGNATURE_BYTES) {
        return Optional.empty();
      }
      byte[] raw = new byte[SIGNATURE_BYTES];
      bytes.get().get(raw);
      return components(list)
          .map(
              names ->
                  new HttpSignature(
                      names, list.serialize(), keyId.get(), created.getAsLong(), raw));
    } catch (ParseException malformed) {
      return Optional.empty();
    }
  }

  private static @Nullable Object member(String field) {
    Dictionary dictionary = Parser.parseDictionary(field);
    return dictionary.get().get(LABEL);
  }

  /**
   * The names of the components; empty if one is repeated or has parameters, or a required one is
   * missing.
   */
  private static Optional<List<String>> components(InnerList list) {
    var names = new ArrayList<String>();
    for (Item<?> item : list.get()) {
      if (!(item instanceof StringItem name)
          || !name.getParams().isEmpty()
          || names.contains(name.get())) {
        return Optional.empty();
      }
      names.add(name.get());
    }
    return names.containsAll(REQUIRED) ? Optional.of(names) : Optional.empty();
  }

  /**
   * Signs a handshake, which is a {@code GET}.
   *
   * @param target the full URI that is dialled
   * @param host the {@code Host} header that is sent
   * @param created seconds since 1970
   * @return the two header fields to send
   */
  public static Map<String, String> sign(SigningKey key, String target, String host, long created) {
    return sign(
        key,
        new Unsigned("GET", target, Map.of("host", host), List.of()),
        created,
        Optional.empty());
  }

  /**
   * A request to be signed.
   *
   * @param target the full URI that is dialled
   * @param sent header fields by lower-case name, {@code host} among them
   * @param fields the fields to sign in addition to {@link #REQUIRED}; each must be in {@code sent}
   */
  public record Unsigned(
      String method, String target, Map<String, String> sent, List<String> fields) {}

  /**
   * Signs a request.
   *
   * @param created seconds since 1970
   * @param nonce makes signatures of the same second differ; empty if no two are made in one second
   * @return the two header fields to send
   */
  public static Map<String, String> sign(
      SigningKey key, Unsigned unsigned, long created, Optional<String> nonce) {
    var parameters = new LinkedHashMap<String, Object>();
    parameters.put("keyid", key.id().toString());
    parameters.put("alg", ALGORITHM);
    parameters.put("created", created);
    nonce.ifPresent(text -> parameters.put("nonce", text));
    List<String> components = Stream.concat(REQUIRED.stream(), unsigned.fields().stream()).toList();
    List<Item<?>> names = new ArrayList<>();
    components.forEach(name -> names.add(StringItem.valueOf(name)));
    String params = InnerList.valueOf(names).withParams(Parameters.valueOf(parameters)).serialize();
    var signature =
        new HttpSignature(
            components, params, key.id().toString(), created, new byte[SIGNATURE_BYTES]);
    var request = new Request(unsigned.method(), "", unsigned.sent()::get);
    byte[] text = signature.signedText(request, unsigned.target()).orElseThrow().getBytes(UTF_8);
    String signed = Base64.getEncoder().encodeToString(key.sign(text));
    return Map.of(INPUT_HEADER, LABEL + "=" + params, HEADER, LABEL + "=:" + signed + ":");
  }

  /**
   * The text that is signed (RFC 9421, section 2.5).
   *
   * @param target the URI for {@code @target-uri}
   * @return empty if the request lacks a component
   */
  Optional<String> signedText(Request request, String target) {
    var text = new StringBuilder();
    for (String name : components) {
      String value =
          switch (name) {
            case "@method" -> request.method();
            case "@target-uri" -> target;
            // Other derived components are not supported, and no header name begins with @.
            default -> request.header().apply(name);
          };
      if (value == null) {
        return Optional.empty();
      }
      text.append('"').append(name).append("\": ").append(value.strip()).append('\n');
    }
    return Optional.of(text.append("\"@signature-params\": ").append(params).toString());
  }

  /** Whether each of these fields that the request has is signed. */
  boolean covers(Collection<String> fields, Request request) {
    return fields.stream()
        .allMatch(name -> request.header().apply(name) == null || components.contains(name));
  }

  /** Whether this key made the signature over this request. */
  boolean isBy(byte[] publicKey, Request request, String target) {
    return signedText(request, target)
        .map(
            text -> {
              byte[] bytes = text.getBytes(UTF_8);
              var verifier = new Ed25519Signer();
              verifier.init(false, new Ed25519PublicKeyParameters(publicKey));
              verifier.update(bytes, 0, bytes.length);
              return verifier.verifySignature(signature);
            })
        .orElse(false);
  }
}
