package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every step of the Dockerfile's last stage, without an engine for containers: in a root of its own
 * with this machine's programs in place of the base image. The server then runs there as the image
 * would run it: as its user without any capability, with a read-only root. {@link
 * ContainerFilesTest} holds what the files say.
 */
@IntegrationTest
@NightlyTest
@Order(1)
class ContainerImageIT {
  /** What is written to the root stays in memory, and ends with the namespace. */
  private static final String ROOT =
      """
      set -eu
      mount --make-rprivate /
      mount -t tmpfs tmpfs "$PWD"
      cd "$PWD"
      mkdir upper work root volume
      mount -t overlay overlay -o "lowerdir=/,upperdir=$PWD/upper,workdir=$PWD/work" root
      mount -t proc proc root/proc
      mount --rbind /dev root/dev
      mount -t tmpfs tmpfs root/tmp
      # Nobody knows the address of this name.
      echo unlisted-host > root/proc/sys/kernel/hostname
      mkdir -p root/opt/java
      ln -s "$JAVA_FOLDER" root/opt/java/openjdk
      export PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
      unset JAVA_FOLDER
      user=0
      folder=/
      # Becomes a command, as a user and in a folder.
      as() {
        exec chroot root setpriv --reuid="$1" --regid="$(chroot root id -g "$1")" --init-groups \\
          env --chdir="$2" "${@:3}"
      }
      """;

  /** The limit of open files is that of {@code podman build} before Podman 5. */
  private static final String RUN_STEP = "(ulimit -n 1024; as \"$user\" \"$folder\" %s)\n";

  private static final String RUN =
      """
      cp -a root/opt/betterbase/data volume/
      mount --bind volume/data root/opt/betterbase/data
      mount -o remount,ro "$PWD/root"
      export HOME=/opt/betterbase TRUSTED_ISSUERS=http://127.0.0.1:1 LISTEN_ADDR=127.0.0.1:%1$d
      # What a start warns of if it is not set.
      export AUDIENCES=sync MAX_TOKEN_LIFETIME=86400 IDENTITY_HASH_KEY="$(printf %%064d 1)"
      # A user other than root has no capability, and gains none.
      as "$user" "$folder" setpriv --no-new-privs %2$s & server=$!
      for second in $(seq 240); do
        if (as "$user" "$folder" %3$s); then echo "healthy"; break; fi
        kill -0 "$server"
        sleep 1
      done
      (as "$user" "$folder" touch /opt/betterbase/cache/written) || echo "read-only"
      grep -q '/opt/betterbase/cache/.*[.]aot$' "/proc/$server/maps" && echo "AOT cache in use"
      stat -c 'data of %%u' root/opt/betterbase/data/postgres
      kill -TERM "$server"
      code=0
      wait "$server" || code=$?
      echo "ended with $code"
      """;

  /** Namespaces and mounts need root, as engines for containers do. */
  @Test
  @Timeout(900)
  @EnabledIfSystemProperty(named = "user.name", matches = "root")
  void everyStepRunsAndTheServerIsHealthyWithAReadOnlyRoot(@TempDir Path folder) throws Exception {
    Dockerfile dockerfile = Dockerfile.read();
    StringBuilder script = new StringBuilder(ROOT);
    for (Dockerfile.Instruction instruction : dockerfile.finalStage()) {
      script.append(step(instruction));
    }
    script.append(
        RUN.formatted(
            Ports.free(),
            quoted(dockerfile.last("ENTRYPOINT").command()),
            quoted(dockerfile.last("HEALTHCHECK").command())));

    String output = run(folder, script.toString());

    assertThat(output)
        .contains("healthy", "read-only", "AOT cache in use", "data of 5379", "ended with 143")
        .doesNotContain("WARNING", "SEVERE");
  }

  /** A line of the script that does what an engine does. */
  private static String step(Dockerfile.Instruction instruction) throws IOException {
    return switch (instruction.name()) {
      case "RUN" -> RUN_STEP.formatted(quoted(instruction.command()));
      case "USER" -> "user=" + instruction.rest() + "\n";
      case "WORKDIR" -> "mkdir -p root%1$s; folder=%1$s\n".formatted(instruction.rest());
      case "ENV" -> "export " + instruction.rest() + "\n";
      case "COPY" -> {
        Path source = Path.of(instruction.words().getFirst());
        Path file =
            source.endsWith(ServerProcess.JAR.getFileName())
                ? ServerProcess.JAR
                : source.toAbsolutePath();
        String target = instruction.words().getLast();
        yield "cp %s \"root%s\"\n"
            .formatted(quoted(List.of(file.toString())), target.equals("./") ? "$folder/" : target);
      }
      case "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT" -> "";
      default -> throw new IllegalArgumentException("not known here: " + instruction);
    };
  }

  private static String quoted(List<String> words) {
    return words.stream()
        .map(word -> "'" + word.replace("'", "'\\''") + "'")
        .collect(Collectors.joining(" "));
  }

  private static String run(Path folder, String script) throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("script"), script);
    Path log = folder.resolve("log");
    Path place = Files.createDirectory(folder.resolve("place"));
    ProcessBuilder builder =
        new ProcessBuilder("unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child")
            .directory(place.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.command().addAll(List.of("--mount-proc", "bash", file.toString()));
    builder.environment().keySet().retainAll(List.of("PATH"));
    builder.environment().put("JAVA_FOLDER", System.getProperty("java.home"));
    Process process = builder.start();
    try {
      assertThat(process.waitFor(840, TimeUnit.SECONDS)).as(() -> read(log)).isTrue();
      assertThat(process.exitValue()).as(() -> read(log)).isZero();
      return read(log);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
