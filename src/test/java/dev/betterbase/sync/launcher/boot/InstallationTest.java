package dev.betterbase.sync.launcher.boot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstallationTest {
  private static final List<String> ENTRIES =
      List.of(
          "dev/betterbase/sync/launcher/boot/Main.class",
          "fish/payara/micro/PayaraMicro.class",
          "MICRO-INF/domain/branding/",
          "MICRO-INF/runtime/kernel.jar",
          "MICRO-INF/runtime/__ds_jdbc_ra.rar",
          "BETTERBASE-INF/classes/Launcher.class",
          "BETTERBASE-INF/lib/picocli-4.jar",
          "BETTERBASE-INF/lib/postgresql-42.jar",
          "BETTERBASE-INF/ROOT/WEB-INF/classes/Application.class",
          "BETTERBASE-INF/ROOT/WEB-INF/lib/caffeine-3.jar",
          "postgres-linux.txz");

  private Path folder;
  private Path cache;
  private Path jar;

  @BeforeEach
  void makeJar(@TempDir Path temporary) throws IOException {
    folder = temporary;
    cache = Files.createDirectory(folder.resolve("cache"), CacheFolder.onlyForItsOwner());
    jar = jar("uber.jar", "one");
  }

  private Path jar(String name, String content) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, "1.2.3");
    Path file = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream entries = new JarOutputStream(out, manifest)) {
      for (String each : ENTRIES) {
        entries.putNextEntry(new JarEntry(each));
        if (!each.endsWith("/")) {
          entries.write((each + content).getBytes(UTF_8));
        }
        entries.closeEntry();
      }
    }
    return file;
  }

  private Installation install() throws IOException {
    return find(cache).orElseThrow();
  }

  private Optional<Installation> find(Path... folders) throws IOException {
    return Installation.find(jar, new CacheFolder.Usable(List.of(folders), false));
  }

  @Test
  void theLaunchJarHasTheServerOnItsClassPath() throws IOException {
    Installation installation = install();
    assertThat(installation.folder().getFileName().toString()).startsWith("1.2.3-");
    assertThat(installation.folder().resolve("server/postgresql-42.jar")).exists();
    assertThat(installation.folder().resolve("server/kernel.jar")).exists();
    try (JarFile launch = new JarFile(installation.launchJar().toFile())) {
      assertThat(launch.getManifest().getMainAttributes().getValue(Attributes.Name.CLASS_PATH))
          .isEqualTo("server/postgresql-42.jar server/kernel.jar");
      assertThat(launch.stream().map(JarEntry::getName))
          .containsExactly(
              "META-INF/MANIFEST.MF",
              "dev/betterbase/sync/launcher/boot/Main.class",
              "fish/payara/micro/PayaraMicro.class",
              "MICRO-INF/domain/branding/",
              "__ds_jdbc_ra.rar");
    }
  }

  @Test
  void theLauncherSeesItsOwnClassesFirst() throws IOException {
    Installation installation = install();
    assertThat(installation.launcherClassPath())
        .containsExactly(
            installation.folder().resolve("classes"),
            installation.folder().resolve("lib/picocli-4.jar"),
            installation.folder().resolve("ROOT/WEB-INF/classes"),
            installation.folder().resolve("ROOT/WEB-INF/lib/caffeine-3.jar"));
    assertThat(installation.folder().resolve("ROOT/WEB-INF__lib__caffeine-3_jar")).isDirectory();
  }

  @Test
  void aSecondStartUsesTheSameFiles() throws IOException {
    Path file = install().folder().resolve("classes/Launcher.class");
    FileTime time = Files.getLastModifiedTime(file);
    Files.writeString(file, "x".repeat((int) Files.size(file)));
    Files.setLastModifiedTime(file, time);
    assertThat(install().folder().resolve("classes/Launcher.class")).content().startsWith("xxx");
  }

  @Test
  void aFolderWithAMissingOrShortFileIsMadeAnew() throws IOException {
    Path file = install().folder().resolve("classes/Launcher.class");
    Files.delete(file);
    assertThat(install().folder().resolve("classes/Launcher.class")).exists();
    Files.writeString(file, "");
    assertThat(install().folder().resolve("classes/Launcher.class")).isNotEmptyFile();
    Files.writeString(install().launchJar(), "");
    assertThat(install().launchJar()).isNotEmptyFile();
  }

  @Test
  void anotherContentHasAnotherFolder() throws IOException {
    Path first = install().folder();
    jar = jar("uber.jar", "two");
    assertThat(install().folder()).isNotEqualTo(first);
    assertThat(first).exists();
  }

  @Test
  void anUnpackedJarInAReadOnlyFolderIsUsed() throws IOException {
    Installation made = install();
    Path other = Files.createDirectory(folder.resolve("other"), CacheFolder.onlyForItsOwner());
    assertThat(find(other, cache).map(Installation::folder)).isEqualTo(Optional.of(made.folder()));
  }

  @Test
  void theFolderThatTheUserHasChosenIsUsedAlsoIfTheJarIsUnpackedElsewhere() throws IOException {
    install();
    Path chosen = Files.createDirectory(folder.resolve("chosen"), CacheFolder.onlyForItsOwner());
    CacheFolder.Usable usable = new CacheFolder.Usable(List.of(chosen, cache), true);
    Path made = Installation.find(jar, usable).orElseThrow().folder();
    assertThat(made).hasParent(chosen);
    assertThat(Installation.find(jar, usable).orElseThrow().folder()).isEqualTo(made);
  }

  @Test
  void withoutACacheFolderThereIsNone() throws IOException {
    assertThat(find()).isEmpty();
  }

  @Test
  void onlyThoseUsedLastAndThoseInUseAreKept() throws IOException {
    Path foreign = Files.createDirectory(cache.resolve("mail-0123456789abcdef"));
    Files.createFile(foreign.resolve("lock"));
    Files.setLastModifiedTime(foreign.resolve("lock"), FileTime.from(Instant.EPOCH));
    List<Path> folders = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      jar = jar("uber.jar", "release " + i);
      folders.add(install().folder());
      Files.setLastModifiedTime(
          folders.get(i).resolve("lock"), FileTime.from(Instant.ofEpochSecond(1_000 + i)));
    }
    assertThat(folders.get(0)).doesNotExist();
    assertThat(foreign).exists();
    assertThat(folders.subList(1, 4)).allSatisfy(each -> assertThat(each).exists());
  }

  @Test
  void anEntryOutsideTheFolderIsRefused() throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out, manifest)) {
      entries.putNextEntry(new JarEntry("BETTERBASE-INF/../../evil"));
      entries.closeEntry();
    }
    assertThatIOException().isThrownBy(this::install).withMessageContaining("outside its folder");
  }
}
