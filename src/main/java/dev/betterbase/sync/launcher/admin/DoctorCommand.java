package dev.betterbase.sync.launcher.admin;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import dev.betterbase.sync.admin.Doctor;
import dev.betterbase.sync.admin.DoctorStore;
import dev.betterbase.sync.admin.Finding;
import dev.betterbase.sync.admin.Finding.Check;
import dev.betterbase.sync.admin.Finding.Repair;
import dev.betterbase.sync.file.FileStorages;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.operation.BrokenRows;
import dev.betterbase.sync.operation.RestoredDatabase;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.operation.SchemaMigrationException;
import dev.betterbase.sync.operation.SchemaReport;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.FileStorage;
import dev.betterbase.sync.storage.Database;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Function;
import javax.sql.DataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code admin doctor}: looks for what does not fit together. */
@Command(
    name = "doctor",
    description =
        "Checks that the database and the file storage fit together: the schema, cursors, storage"
            + " quotas, moves of spaces, the directory of several databases, membership logs, and"
            + " files. Ends with 1 if something is left that is wrong.")
final class DoctorCommand implements Callable<Integer> {
  private static final int FAILED = 1;

  private final AdminDatabase database;
  private final Function<PrintWriter, SecurityLog> log;
  private final List<Finding> findings = new ArrayList<>();

  @Option(names = "--repair", description = "Repairs what can be repaired without loss.")
  private boolean repairs;

  @Mixin private Output output = new Output();

  /**
   * @param log opens the security log
   */
  DoctorCommand(AdminDatabase database, Function<PrintWriter, SecurityLog> log) {
    this.database = database;
    this.log = log;
  }

  @Override
  public Integer call() {
    findings.clear();
    SecurityLog security = log.apply(output.err());
    List<DataSource> sources = database.dataSources();
    FileStorage files = FileStorage.read(database.source());
    try {
      if (sources.stream().filter(this::checkSchema).count() == sources.size()) {
        sources.forEach(this::checkOrigin);
        AdminDatabase.query(sources, all -> checkContent(all, files));
      }
    } catch (UncheckedIOException e) {
      throw new StartRefused("the file storage does not answer: " + e.getMessage(), e);
    } finally {
      logRepairs(security);
    }
    print(!(files instanceof FileStorage.None));
    return findings.stream().allMatch(finding -> finding.repair() == Repair.DONE) ? 0 : FAILED;
  }

  /** Also if the command fails afterwards. */
  private void logRepairs(SecurityLog security) {
    Map<String, Long> repaired =
        findings.stream()
            .filter(finding -> finding.repair() == Repair.DONE)
            .collect(groupingBy(DoctorCommand::name, TreeMap::new, counting()));
    if (!repaired.isEmpty()) {
      security.adminAct("doctor repaired " + repaired);
    }
  }

  /** Returns whether the schema is one that the other checks understand. */
  private boolean checkSchema(DataSource source) {
    try {
      SchemaReport report = new SchemaMigration(source).check();
      for (BrokenRows broken : report.brokenRows()) {
        find(
            Check.SCHEMA,
            broken.constraint(),
            broken.count() + " rows of the earlier release break it (" + broken.meaning() + ")");
      }
      if (report.isNews()) {
        find(
            Check.SCHEMA,
            "database",
            "its schema is not that of this release: run migrate; nothing else was checked");
      }
      return !report.isNews();
    } catch (SchemaMigrationException e) {
      find(Check.SCHEMA, "database", String.valueOf(e.getMessage()));
      return false;
    }
  }

  private void checkOrigin(DataSource source) {
    try {
      if (new RestoredDatabase(source).looksRestored()) {
        find(
            Check.RESTORED,
            "database",
            "it looks restored from a dump: stop the servers and run restored");
      }
    } catch (SQLException e) {
      throw StartRefused.because("the database does not answer as it should", e);
    }
  }

  private boolean checkContent(List<Database> all, FileStorage settings) {
    List<DoctorStore> stores = all.stream().map(DoctorStore::new).toList();
    Doctor doctor = new Doctor(stores, repairs, findings::add);
    doctor.checkCursors();
    doctor.checkUsedBytes();
    doctor.checkMoves();
    doctor.checkDirectory();
    doctor.checkMembership();
    try {
      Optional<Storage> storage =
          FileStorages.open(settings, () -> stores.stream().anyMatch(DoctorStore::hasFiles));
      if (storage.isPresent()) {
        try (Storage open = storage.get()) {
          doctor.checkFiles(open);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return true;
  }

  private void find(Check check, String subject, String problem) {
    findings.add(new Finding(check, subject, problem, Repair.NONE));
  }

  private void print(boolean filesChecked) {
    if (output.isJson()) {
      output.json(
          Map.of(
              "files_checked",
              filesChecked,
              "findings",
              findings.stream().map(this::map).toList()));
      return;
    }
    List<String> lines =
        new ArrayList<>(
            findings.stream()
                .map(
                    each ->
                        name(each) + ": " + each.subject() + ": " + each.problem() + suffix(each))
                .toList());
    if (!filesChecked) {
      lines.add("Files were not checked: FILE_STORAGE_BACKEND is none.");
    }
    lines.add(findings.isEmpty() ? "Everything fits together." : "Findings: " + findings.size());
    output.text(lines);
  }

  private Map<String, String> map(Finding finding) {
    return Map.of(
        "check", name(finding),
        "subject", finding.subject(),
        "problem", finding.problem(),
        "repair", finding.repair().name().toLowerCase(Locale.ROOT));
  }

  private static String name(Finding finding) {
    return finding.check().name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String suffix(Finding finding) {
    return switch (finding.repair()) {
      case NONE -> "";
      case POSSIBLE -> " (--repair repairs it)";
      case DONE -> " (repaired)";
    };
  }
}
