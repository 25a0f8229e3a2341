package dev.betterbase.sync.http;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Where the container sends what it refuses before a filter has seen it (web.xml, error-page):
 * without this it would answer in HTML of its own.
 */
public class ErrorPage extends HttpServlet {

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    // Asked for by its own path, and not by the container, it is as absent as any other.
    int status =
        request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code
            ? code
            : HttpServletResponse.SC_NOT_FOUND;
    StandardHeaders.setOn(response);
    JsonError.send(response, status, JsonError.messageFor(status));
  }
}
