import { expect, test } from "vitest";
import {
  contradiction,
  decodeEvidence,
  Epoch,
  type Evidence,
  limits,
  spaces,
  ValidatorIndex,
} from "../../protocol/index.ts";
import { EvidenceBook, evidenceKey } from "../../sequencer/evidence-book.ts";

function lie(slot: number, offender = 1, fill = 1, epoch = 2): Evidence {
  const place = { epoch: Epoch(epoch), offender: ValidatorIndex(offender), slot };
  const signature = new Uint8Array(96);
  const kind = "prepare" as const;
  return contradiction(place, [
    { kind, payload: new Uint8Array(32).fill(fill), signature },
    { kind, payload: new Uint8Array(32).fill(fill + 1), signature },
  ]);
}

test("a lie is kept once, over restarts as well", () => {
  const book = new EvidenceBook([]);
  const [write] = book.keep(lie(5));
  expect(write && decodeEvidence(write.value ?? new Uint8Array())).toEqual(lie(5));
  expect(book.keep(lie(5, 1, 3))).toEqual([]);
  const reborn = new EvidenceBook([write?.key ?? new Uint8Array()]);
  expect(reborn.keep(lie(5))).toEqual([]);
  expect(reborn.keep(lie(6))).toHaveLength(1);
});

test("a liar fills no disk, and hides no other liar", () => {
  const book = new EvidenceBook([]);
  const kept = Array.from({ length: 1_000 }, (_, slot) => book.keep(lie(slot)));
  expect(kept.flat()).toHaveLength(limits.evidencePerOffenderMax);
  expect(book.keep(lie(1, 2))).toHaveLength(1);
});

test("when there is too much of all, the earliest epoch makes room, and no epoch can fill it alone", () => {
  expect(limits.committeeMax * limits.evidencePerOffenderMax).toBeLessThan(limits.evidenceMax);
  const old = Array.from({ length: limits.evidenceMax }, (_, i) =>
    evidenceKey(lie(i, Math.floor(i / 128), 1, 1)),
  );
  const book = new EvidenceBook(old);
  const [kept, gone, ...rest] = book.keep(lie(5));
  expect(kept?.key).toEqual(evidenceKey(lie(5)));
  expect(gone).toEqual({ space: spaces.evidence, key: old[0], value: undefined });
  expect(rest).toEqual([]);
});
