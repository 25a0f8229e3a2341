package dev.betterbase.sync.rpc.transport.upgrade.payara;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpUpgradeHandler;
import jakarta.servlet.http.WebConnection;
import java.lang.reflect.Proxy;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is done where Payara's classes are not there, or lack a member. */
public class PlainWayTest {

  /** A handler as any. */
  public static final class Handler implements HttpUpgradeHandler {
    @Override
    public void init(WebConnection connection) {}

    @Override
    public void destroy() {}
  }

  private final Handler ours = new Handler();
  private final Handler theContainers = new Handler();

  /** A request of some other container, which does nothing but {@code upgrade}. */
  private HttpServletRequest plainRequest() {
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (proxy, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("upgrade");
              assertThat(arguments).containsExactly(Handler.class);
              return theContainers;
            });
  }

  @Test
  void theContainerMakesTheHandler() throws Exception {
    HttpServletRequest request = plainRequest();

    assertThat(PayaraUpgrade.of(request, Handler.class, () -> ours)).isSameAs(theContainers);
    assertThat(PayaraUpgrade.of(new HttpServletRequestWrapper(request), Handler.class, () -> ours))
        .isSameAs(theContainers);
  }

  // ---- classes of Payara's shape; each test takes one member away

  /** As Payara's facade. */
  private record Facade(Object request) {}

  /** As Grizzly's request. */
  public static class GrizzlyRequest {
    final GrizzlyResponse response = new GrizzlyResponse();

    public Object getResponse() {
      return response;
    }
  }

  /** As Grizzly's response. */
  public static class GrizzlyResponse {
    boolean suspended;

    public void suspend() {
      suspended = true;
    }
  }

  /** As Payara's request. */
  public static class Request {
    final GrizzlyRequest grizzly = new GrizzlyRequest();
    boolean upgrade;
    @Nullable HttpUpgradeHandler httpUpgradeHandler;

    public GrizzlyRequest getCoyoteRequest() {
      return grizzly;
    }

    public void setUpgrade(boolean value) {
      upgrade = value;
    }
  }

  /** Without {@code setUpgrade}. */
  public static final class NoSwitch {
    final GrizzlyRequest grizzly = new GrizzlyRequest();
    @Nullable HttpUpgradeHandler httpUpgradeHandler;

    public GrizzlyRequest getCoyoteRequest() {
      return grizzly;
    }
  }

  /** Without {@code httpUpgradeHandler}. */
  public static final class NoTaker {
    final GrizzlyRequest grizzly = new GrizzlyRequest();
    boolean upgrade;

    public GrizzlyRequest getCoyoteRequest() {
      return grizzly;
    }

    public void setUpgrade(boolean value) {
      upgrade = value;
    }
  }

  /** With a response that has no {@code suspend}. */
  public static final class NoSuspension extends Request {
    @Override
    public GrizzlyRequest getCoyoteRequest() {
      return new GrizzlyRequest() {
        @Override
        public Object getResponse() {
          return new Object();
        }
      };
    }
  }

  @Test
  void thePlaceOfTheHandlerIsTakenOnClassesOfPayarasShape() throws Exception {
    var request = new Request();

    assertThat(PayaraUpgrade.handOver(new Facade(request), () -> ours)).isSameAs(ours);

    assertThat(request.httpUpgradeHandler).isSameAs(ours);
    assertThat(request.upgrade).isTrue();
    assertThat(request.grizzly.response.suspended).isTrue();
  }

  @Test
  void nothingIsChangedIfAMemberIsMissing() {
    var noSwitch = new NoSwitch();
    assertMissing(noSwitch);
    assertThat(noSwitch.httpUpgradeHandler).isNull();
    assertThat(noSwitch.grizzly.response.suspended).isFalse();

    var noTaker = new NoTaker();
    assertMissing(noTaker);
    assertThat(noTaker.upgrade).isFalse();
    assertThat(noTaker.grizzly.response.suspended).isFalse();

    var noSuspension = new NoSuspension();
    assertMissing(noSuspension);
    assertThat(noSuspension.upgrade).isFalse();
    assertThat(noSuspension.httpUpgradeHandler).isNull();
  }

  private static void assertMissing(Object request) {
    assertThatThrownBy(
            () ->
                PayaraUpgrade.handOver(
                    new Facade(request),
                    () -> {
                      throw new AssertionError("made although a member is missing");
                    }))
        .isInstanceOf(ReflectiveOperationException.class);
  }

  // ---- the socket

  /** A connection of some other container. */
  private static class PlainConnection implements WebConnection {
    @Override
    public ServletInputStream getInputStream() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ServletOutputStream getOutputStream() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }

  /** As Payara's connection, down to a TCP connection that has no member at all. */
  private static final class HollowConnection extends PlainConnection {
    @SuppressWarnings("unused") // found by its name
    private final Object request = new HollowRequest();
  }

  /** As Payara's request and Grizzly's in one. */
  public static final class HollowRequest {
    public Object getCoyoteRequest() {
      return this;
    }

    public Object getContext() {
      return this;
    }

    public Object getConnection() {
      return new Object();
    }

    public boolean isSecure() {
      return false;
    }
  }

  @Test
  void aConnectionOfAnotherServerHasNoSocket() {
    assertThat(PayaraSocket.of(new PlainConnection())).isNull();
  }

  @Test
  void eachTrickIsLeftOutIfItsMemberIsMissing() {
    PayaraSocket socket = Objects.requireNonNull(PayaraSocket.of(new HollowConnection()));

    assertThat(socket.direct()).as("bytes go through the server").isNull();
    assertThat(socket.isOpen()).as("the server tells of an end later").isTrue();
    assertThatCode(socket::boundQueue).doesNotThrowAnyException();
    assertThatCode(socket::forgetHandshake).doesNotThrowAnyException();
    assertThatCode(socket::terminate)
        .as("closing the connection ends it")
        .doesNotThrowAnyException();
  }
}
