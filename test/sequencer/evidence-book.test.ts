import { expect, test } from "vitest";
import {
  contradiction,
  decodeEvidence,
  Epoch,
  type Evidence,
  limits,
  ValidatorIndex,
} from "../../protocol/index.ts";
import { EvidenceBook } from "../../sequencer/evidence-book.ts";

function lie(slot: number, offender = 1, fill = 1): Evidence {
  const place = { epoch: Epoch(2), offender: ValidatorIndex(offender), slot };
  const signature = new Uint8Array(96);
  const kind = "prepare" as const;
  return contradiction(place, [
    { kind, payload: new Uint8Array(32).fill(fill), signature },
    { kind, payload: new Uint8Array(32).fill(fill + 1), signature },
  ]);
}

test("a lie is kept once, over restarts as well", () => {
  const book = new EvidenceBook([]);
  const write = book.keep(lie(5));
  expect(write && decodeEvidence(write.value ?? new Uint8Array())).toEqual(lie(5));
  expect(book.keep(lie(5, 1, 3))).toBeUndefined();
  const reborn = new EvidenceBook([write?.key ?? new Uint8Array()]);
  expect(reborn.keep(lie(5))).toBeUndefined();
  expect(reborn.keep(lie(6))).toBeDefined();
});

test("a liar fills no disk, and hides no other liar", () => {
  const book = new EvidenceBook([]);
  const kept = Array.from({ length: 1_000 }, (_, slot) => book.keep(lie(slot)));
  expect(kept.filter((write) => write !== undefined)).toHaveLength(limits.evidencePerOffenderMax);
  expect(book.keep(lie(1, 2))).toBeDefined();
});
