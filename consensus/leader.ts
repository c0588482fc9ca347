import { compareBytes, encode } from "../base/index.ts";
import { domains, type Epoch, ValidatorIndex, type View } from "../protocol/index.ts";
import { sha256 } from "../crypto/index.ts";

/**
 * Who leads which view: one permutation of the seats per epoch, repeated, so that of any n views in a row at most
 * f are led by Byzantine validators. A new permutation every cycle would allow 2f (docs/protocol.md, A view).
 */
export function leaderSchedule(
  seed: Uint8Array,
  epoch: Epoch,
  seats: number,
): (view: View) => ValidatorIndex {
  const order = Array.from({ length: seats }, (_, seat) => ({
    seat: ValidatorIndex(seat),
    draw: sha256(
      domains.leaders,
      seed,
      encode(seat, (writer, value) => writer.u64(epoch).u16(value)),
    ),
  })).sort((a, b) => compareBytes(a.draw, b.draw));
  // View 0 belongs to genesis and is led by nobody, hence the first view takes the first seat.
  return (view) => order[((view % seats) + seats - 1) % seats]?.seat ?? ValidatorIndex(0);
}
