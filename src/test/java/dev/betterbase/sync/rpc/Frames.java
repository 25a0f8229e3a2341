package dev.betterbase.sync.rpc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.util.LinkedHashMap;
import java.util.Map;

/** Frames as a client writes them. */
public final class Frames {

  private static final ObjectMapper CBOR = new ObjectMapper(new CBORFactory());

  private Frames() {}

  /** A request. */
  public static byte[] request(String id, String method, Map<String, ?> params) {
    var frame = new LinkedHashMap<String, Object>();
    frame.put("type", 0);
    frame.put("id", id);
    frame.put("method", method);
    frame.put("params", params);
    try {
      return CBOR.writeValueAsBytes(frame);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
