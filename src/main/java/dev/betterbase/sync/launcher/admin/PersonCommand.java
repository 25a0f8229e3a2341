package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.admin.PersonStore;
import dev.betterbase.sync.admin.PersonalData;
import dev.betterbase.sync.admin.SoughtPerson;
import dev.betterbase.sync.admin.SpaceSummary;
import dev.betterbase.sync.identity.AccessTokenVerifier;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.Settings;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code admin person}: shows and erases the data of one person. */
@Command(
    name = "person",
    description = "Shows and erases the data of one person.",
    synopsisSubcommandLabel = "COMMAND")
final class PersonCommand extends Group {
  private static final int FAILED = 1;
  private static final String WITHOUT_KEY = "not looked for without IDENTITY_HASH_KEY";

  private final AdminDatabase database;
  private final Function<PrintWriter, SecurityLog> log;

  /**
   * @param log opens the security log
   */
  PersonCommand(AdminDatabase database, Function<PrintWriter, SecurityLog> log) {
    this.database = database;
    this.log = log;
  }

  /** The person whose data is shown or erased. */
  static final class Whose {
    @Parameters(
        index = "0",
        paramLabel = "<issuer>",
        description = "The issuer of the person's tokens (claim iss).")
    private String issuer = "";

    @Parameters(
        index = "1",
        paramLabel = "<subject>",
        description = "The person's name at the issuer (claim sub).")
    private String subject = "";

    @Option(
        names = "--mailbox",
        paramLabel = "<mailbox id>",
        description =
            "The person's mailbox (claim mailbox_id). Without it, invitations are not found.")
    private @Nullable String mailbox;
  }

  @Command(name = "show", description = "Shows what the server has of a person.")
  int show(@Mixin Whose whose, @Mixin Output output) {
    SoughtPerson person = sought(whose);
    PersonalData found = inAll(store -> store.find(person));
    if (output.isJson()) {
      output.json(map(found));
    } else {
      output.text(lines(found));
    }
    return 0;
  }

  @Command(
      name = "erase",
      description = {
        "Erases what show finds, for good. Without --yes, only says what would be lost.",
        "End the person's account at the issuer first, or a client that still has a token makes the"
            + " space anew."
      })
  int erase(
      @Mixin Whose whose,
      @Option(names = "--yes", description = "Erases it.") boolean yes,
      @Mixin Output output) {
    SoughtPerson person = sought(whose);
    SecurityLog security = log.apply(output.err());
    PersonalData found = inAll(store -> yes ? store.erase(person) : store.find(person));
    if (yes) {
      security.adminAct(
          "data of "
              + security.person(
                  AccessTokenVerifier.withoutTrailingSlashes(whose.issuer), whose.subject)
              + " erased, personal spaces: "
              + found.spaces().size());
    }
    if (output.isJson()) {
      output.json(Map.of("erased", yes, "lost", map(found)));
    } else {
      List<String> lines = new ArrayList<>();
      lines.add(yes ? "Erased:" : "Would erase (add --yes to erase it for good):");
      lines.addAll(lines(found));
      output.text(lines);
    }
    return yes ? 0 : FAILED;
  }

  /** Does the same in each database: a failure leaves what was erased in those before. */
  private PersonalData inAll(Function<PersonStore, PersonalData> work) {
    return database.run(
        all ->
            all.stream()
                .map(each -> work.apply(new PersonStore(each)))
                .reduce(PersonalData::plus)
                .orElseThrow());
  }

  private SoughtPerson sought(Whose whose) {
    try {
      return new SoughtPerson(
          whose.issuer,
          whose.subject,
          Optional.ofNullable(whose.mailbox),
          Settings.identityHashKey(database.source()));
    } catch (IllegalArgumentException e) {
      throw new StartRefused("--mailbox: expected 64 lower-case hex digits", e);
    }
  }

  private static Map<String, Object> map(PersonalData found) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("spaces", SpaceView.maps(found.spaces()));
    found.invitations().ifPresent(count -> map.put("invitations", count));
    found.countedActions().ifPresent(count -> map.put("counted_actions", count));
    found.sharedSpaces().ifPresent(count -> map.put("shared_spaces", count));
    return map;
  }

  private static List<String> lines(PersonalData found) {
    List<String> lines = new ArrayList<>();
    for (SpaceSummary space : found.spaces()) {
      lines.add("personal space " + space.id() + ": " + SpaceView.content(space));
    }
    if (found.spaces().isEmpty()) {
      lines.add("no personal space");
    }
    lines.add("invitations: " + count(found.invitations(), "not looked for without --mailbox"));
    lines.add("counted actions: " + count(found.countedActions(), WITHOUT_KEY));
    lines.add(
        "shared spaces that count for the quota: " + count(found.sharedSpaces(), WITHOUT_KEY));
    return lines;
  }

  private static String count(OptionalLong count, String otherwise) {
    return count.isPresent() ? Long.toString(count.getAsLong()) : otherwise;
  }
}
