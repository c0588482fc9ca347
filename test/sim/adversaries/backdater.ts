import { Micros } from "../../../protocol/index.ts";
import type { Adversary } from "./adversary.ts";

/** How far its clock is behind, µs: what it stamps, it claims to have had long before. */
const backdating = 400_000;

/** Honest, but for its clock. */
export const backdater: Adversary = {
  isOfConsensus: false,
  corrupt: (machine) => ({
    start: (now) => machine.start(Micros(now - backdating)),
    step: (event) => machine.step({ ...event, now: Micros(event.now - backdating) }),
  }),
};
