package dev.betterbase.sync.quota;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.quota.StorageQuota.Exceeded;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Asks the first of several databases for a greater part of a person's quota. The first writes down
 * a grant before the other database gets it, and its end after the other has lost it. So a crash
 * between two commits leaves some of the quota unused until the next request, and never gives it
 * twice.
 */
final class GrantRequest {
  private static final String GIVE = "select given, number from give_grant(?, ?, ?, ?, ?, ?)";
  private static final String TAKE = "select take_grant(?, ?, ?, ?)";
  private static final String NUMBER =
      "select database, given, number from number_recalls(?, ?, ?, ?, ?)";
  private static final String RECALL = "select counted, used from recall_grant(?, ?, ?, ?)";
  private static final String RECORD = "select record_recall(?, ?, ?, ?, ?)";
  private static final String LEFT =
      "select id from spaces where owner_hash = cast(? as char(64)) and elsewhere = 'left'";

  private final Database first;
  private final Database taker;
  private final String person;
  private final long quota;
  private final long needed;
  private final long used;

  /**
   * @param first the first database
   * @param quota the whole quota of a person, in bytes
   */
  GrantRequest(Database first, long quota, GrantNeededException refusal) {
    this.first = first;
    this.taker = refusal.where();
    this.person = refusal.person();
    this.quota = quota;
    this.needed = refusal.needed();
    this.used = refusal.used();
  }

  /**
   * Sends the request, at most twice to each database.
   *
   * @return empty if the write is to be tried again
   * @throws StorageException if a database failed that may have the bytes that are needed
   */
  Optional<Exceeded> send() {
    if (give(false)) {
      return Optional.empty();
    }
    // The bytes that a database had when it went away still count.
    if (!recall(true).answers().isEmpty() && give(true)) {
      return Optional.empty();
    }
    Recalled all = recall(false);
    if (give(true)) {
      return Optional.empty();
    }
    if (all.failure() != null) {
      throw all.failure();
    }
    boolean surely = all.answers().stream().allMatch(Answer::recorded);
    long counted = all.answers().stream().mapToLong(Answer::counted).sum();
    if (!surely || needed <= quota - counted || settleMoves()) {
      return Optional.empty();
    }
    return Optional.of(
        new Exceeded(quota, used + all.answers().stream().mapToLong(Answer::used).sum()));
  }

  /** Returns false if too little is left, or the rest is unknown. */
  private boolean give(boolean unchecked) {
    Message message =
        ask(
                first,
                "give grant",
                GIVE,
                row -> new Message(taker, (Long) row.getObject(1), row.getLong(2)),
                quota,
                taker.number(),
                needed,
                first.all().size(),
                unchecked)
            .getFirst();
    if (message.given() == null) {
      return false;
    }
    List<Boolean> unused =
        ask(taker, "take grant", TAKE, row -> true, quota, message.given(), message.number());
    return true;
  }

  /**
   * A message of the first database to another one.
   *
   * @param given the bytes granted to the other one; null if unknown
   */
  private record Message(Database to, @Nullable Long given, long number) {}

  /**
   * The answer of a database.
   *
   * @param counted the bytes of its spaces, which are its grant from now on
   * @param used the bytes of its spaces
   * @param recorded false if another request was first
   */
  private record Answer(long counted, long used, boolean recorded) {}

  /**
   * The answers of all databases.
   *
   * @param failure why one of them has not; null if all have
   */
  private record Recalled(List<Answer> answers, @Nullable StorageException failure) {}

  /**
   * Takes back the unused parts of the other databases.
   *
   * @param onlyUnknown leaves out those whose parts are known
   */
  private Recalled recall(boolean onlyUnknown) {
    List<Message> messages =
        ask(
            first,
            "recall grants",
            NUMBER,
            row ->
                new Message(
                    first.all().get(row.getInt(1) - 1), (Long) row.getObject(2), row.getLong(3)),
            quota,
            taker.number(),
            first.all().size(),
            onlyUnknown);
    List<Answer> answers = new ArrayList<>();
    StorageException failure = null;
    for (Message message : messages) {
      try {
        answers.add(recall(message));
      } catch (StorageException away) {
        if (message.to().isFirst()) {
          throw away;
        }
        failure = away;
      }
    }
    return new Recalled(answers, failure);
  }

  private Answer recall(Message message) {
    Database from = message.to();
    Answer answer =
        ask(
                from,
                "recall grant",
                RECALL,
                row -> new Answer(row.getLong(1), row.getLong(2), row.getObject(1) != null),
                quota,
                message.given(),
                message.number())
            .getFirst();
    return answer.recorded() && !record(message, answer)
        ? new Answer(answer.counted(), answer.used(), false)
        : answer;
  }

  private boolean record(Message message, Answer answer) {
    return ask(
            first,
            "record grant",
            RECORD,
            row -> row.getBoolean(1),
            quota,
            message.to().number(),
            message.number(),
            answer.counted())
        .getFirst();
  }

  /**
   * A space that has moved counts twice for a moment, or until someone ends its move.
   *
   * @return whether there was one
   */
  private boolean settleMoves() {
    boolean found = false;
    for (Database each : first.all()) {
      List<SpaceId> left =
          ask(each, "find moved spaces", LEFT, row -> new SpaceId(Database.uuid(row, 1)));
      first.settle(left, each);
      found |= !left.isEmpty();
    }
    return found;
  }

  /** Makes an object of a row. */
  private interface Mapper<T> {
    T of(ResultSet row) throws SQLException;
  }

  /**
   * Asks a database about the person, and makes an object of each row.
   *
   * @param values the parameters of the statement behind the person
   */
  private <T> List<T> ask(
      Database in, String what, String sql, Mapper<T> mapper, @Nullable Object... values) {
    return in.run(
        what,
        connection -> {
          try (PreparedStatement statement = in.statement(connection, sql)) {
            statement.setString(1, person);
            for (int i = 0; i < values.length; i++) {
              statement.setObject(i + 2, values[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
              List<T> all = new ArrayList<>();
              while (rows.next()) {
                all.add(mapper.of(rows));
              }
              return all;
            }
          }
        });
  }
}
