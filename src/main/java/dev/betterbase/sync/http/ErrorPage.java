package dev.betterbase.sync.http;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * The error page (web.xml) for requests that the container refuses before any filter sees them. The
 * container's own error page is HTML.
 */
public class ErrorPage extends HttpServlet {

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    // A client that asks for this path directly gets the 404 of an unknown path.
    int status =
        request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code
            ? code
            : HttpServletResponse.SC_NOT_FOUND;
    StandardHeaders.setOn(response, request.isSecure());
    JsonError.send(response, status, JsonError.messageFor(status));
  }
}
