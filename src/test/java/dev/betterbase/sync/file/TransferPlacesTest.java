package dev.betterbase.sync.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.file.TransferPlaces.Place;
import dev.betterbase.sync.http.HttpError;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How the places for transfers are shared out. */
class TransferPlacesTest {
  private static final String HERE = "192.0.2.1";
  private static final String THERE = "192.0.2.2";

  private final TransferPlaces places = new TransferPlaces(4);

  private Place take(String person, String address) {
    return places.take(new Sharer(person, ClientAddress.of(address)), "too many uploads");
  }

  private List<Place> fill(String person, String address) {
    List<Place> taken = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      taken.add(take(person, address));
    }
    return taken;
  }

  private void assertRefused(String person, String address) {
    assertThatThrownBy(() -> take(person, address))
        .isInstanceOfSatisfying(HttpError.class, e -> assertThat(e.status()).isEqualTo(503))
        .hasMessage("too many uploads");
  }

  @Test
  void onePersonMayHaveAllPlacesButNotMore() {
    List<Place> all = fill("a", HERE);
    assertRefused("a", HERE);
    assertRefused("a", THERE);
    assertThat(all).noneMatch(Place::isDisplaced);
    all.getFirst().close();
    take("a", HERE);
    assertRefused("a", HERE);
  }

  @Test
  void thePersonWithMostGivesWayUntilBothHaveTheSame() {
    List<Place> all = fill("a", HERE);
    take("b", HERE);
    assertThat(all).extracting(Place::isDisplaced).containsExactly(false, false, false, true);
    take("b", HERE);
    assertThat(all).extracting(Place::isDisplaced).containsExactly(false, false, true, true);
    assertRefused("b", HERE);
    assertRefused("a", HERE);
  }

  @Test
  void peopleOfOneAddressGiveWayToAnother() {
    Place first = take("a", HERE);
    Place second = take("b", HERE);
    Place third = take("c", HERE);
    Place fourth = take("d", HERE);
    assertRefused("e", HERE);
    take("e", THERE);
    assertThat(fourth.isDisplaced()).isTrue();
    assertThat(List.of(first, second, third)).noneMatch(Place::isDisplaced);
    take("f", THERE);
    assertThat(third.isDisplaced()).isTrue();
    assertRefused("g", THERE);
  }

  @Test
  void aPersonWithPlacesGetsNoMoreFromAnotherAddress() {
    take("a", HERE);
    take("b", HERE);
    take("c", HERE);
    take("d", THERE);
    assertRefused("d", "192.0.2.3");
    take("e", "192.0.2.3");
  }

  @Test
  void placesThatAreNotLeftYetAreBounded() {
    List<Place> all = fill("a", HERE);
    Place second = take("b", HERE);
    take("c", HERE);
    second.close();
    Place latest = take("a", HERE);
    assertRefused("d", HERE);
    all.getLast().close();
    take("d", HERE);
    assertThat(latest.isDisplaced()).isTrue();
  }

  @Test
  void aPlaceThatGaveWayIsNotGivenBackTwice() {
    List<Place> all = fill("a", HERE);
    take("b", HERE);
    all.getLast().close();
    take("b", HERE);
    assertRefused("b", HERE);
  }
}
