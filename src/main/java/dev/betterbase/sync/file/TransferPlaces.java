package dev.betterbase.sync.file;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.http.HttpError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * The places for transfers of one kind. Each transfer holds a thread, so they are bounded, and
 * shared out by person and by address.
 *
 * <p>Nobody is refused while there is a place. When there is none, a newcomer gets one from the
 * person (or peer) who has most, if that leaves them at least as many as the newcomer, and
 * otherwise in the same way from the address that has most. The transfer that began last gives way,
 * since it has the least to lose.
 */
final class TransferPlaces {

  private final int places;
  private final LongAdder bytes = new LongAdder();

  /** The transfers that have a place, in the order in which they began. */
  private final List<Place> taken = new ArrayList<>();

  /** The transfers that gave way and still hold their thread. */
  private int leaving;

  /**
   * @param places the most transfers at a time
   */
  TransferPlaces(int places) {
    this.places = places;
  }

  /**
   * Takes a place. The caller must close it.
   *
   * @param full the error if there is none, or none any more
   * @throws HttpError 503 if there is none
   */
  synchronized Place take(Sharer sharer, String full) {
    if (taken.size() >= places) {
      Place other =
          Optional.of(sharer)
              // One that gave way holds its thread until its client sends or takes something.
              .filter(newcomer -> leaving < Math.max(1, places / 2))
              .flatMap(this::displaceFor)
              .orElseThrow(() -> new HttpError(503, full));
      taken.remove(other);
      other.displaced = true;
      leaving++;
    }
    var place = new Place(sharer, full);
    taken.add(place);
    return place;
  }

  /** The number of places that are taken. */
  synchronized int taken() {
    return taken.size();
  }

  /** The bytes of all transfers until now, also of those that were broken off. */
  long bytes() {
    return bytes.sum();
  }

  /** The number of places. */
  int all() {
    return places;
  }

  private Optional<Place> displaceFor(Sharer newcomer) {
    Place ofPerson = lastOfMost(taken, Sharer::party);
    if (hasMore(ofPerson.sharer, newcomer, Sharer::party)) {
      return Optional.of(ofPerson);
    }
    Place ofAddress = lastOfMost(taken, Sharer::address);
    if (hasMore(ofAddress.sharer, newcomer, Sharer::address)) {
      ClientAddress address = ofAddress.sharer.address();
      List<Place> there =
          taken.stream().filter(each -> each.sharer.address().equals(address)).toList();
      return Optional.of(lastOfMost(there, Sharer::party))
          // A person who has places already gets no more by coming from another address.
          .filter(
              place ->
                  count(taken, Sharer::party, place.sharer)
                      > count(taken, Sharer::party, newcomer));
    }
    return Optional.empty();
  }

  /** Whether one has at least as many places as the newcomer after giving one to it. */
  private boolean hasMore(Sharer one, Sharer newcomer, Function<Sharer, Object> share) {
    return count(taken, share, one) >= count(taken, share, newcomer) + 2;
  }

  /** The newest place of the person or address that has the most; there is at least one place. */
  private static Place lastOfMost(List<Place> places, Function<Sharer, Object> share) {
    return places.reversed().stream()
        .max(Comparator.comparingLong(each -> count(places, share, each.sharer)))
        .orElseThrow();
  }

  private static long count(List<Place> places, Function<Sharer, Object> share, Sharer whose) {
    Object key = share.apply(whose);
    return places.stream().filter(each -> share.apply(each.sharer).equals(key)).count();
  }

  private synchronized void leave(Place place) {
    if (place.displaced) {
      leaving--;
    } else {
      taken.remove(place);
    }
  }

  /** The place of one transfer. */
  final class Place implements AutoCloseable {
    private final Sharer sharer;
    private final String full;
    private volatile boolean displaced;

    private Place(Sharer sharer, String full) {
      this.sharer = sharer;
      this.full = full;
    }

    /** Whether the transfer has to give way to others: it must end. */
    boolean isDisplaced() {
      return displaced;
    }

    /** Counts bytes that were transferred. */
    void count(int transferred) {
      bytes.add(transferred);
    }

    /** The error for a transfer that gave way. */
    HttpError crowdedOut() {
      return new HttpError(503, full);
    }

    /** Gives the place back; to be called once. */
    @Override
    public void close() {
      leave(this);
    }
  }
}
