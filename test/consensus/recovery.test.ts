import { expect, test } from "vitest";
import { compareBytes } from "../../base/index.ts";
import { certificateKey, hashesToLoad } from "../../consensus/index.ts";
import { initialSafety, prepared } from "../../consensus/safety.ts";
import { blockHash, type Header, spaces, View } from "../../protocol/index.ts";
import {
  Bench,
  certify,
  epoch,
  fresh,
  headerOn,
  leaderOf,
  proposalOf,
  votesIn,
} from "./support.ts";

const a = headerOn(undefined, 1);
const b = headerOn(a, 2);
const c = headerOn(b, 3);
const mine = headerOn(c, 4);

test("certificates and the last PREPARE lead to all headers down to the final one", () => {
  const disk = new Map([a, b, c, mine].map((header) => [blockHash(header).toString(), header]));
  const recovered = {
    ...fresh,
    certificates: [certify("prepare", c), certify("skip", 4)],
    safety: prepared(initialSafety(epoch), View(4), blockHash(mine)),
    headers: [] as Header[],
  };
  for (let hashes = hashesToLoad(recovered); hashes.length > 0; hashes = hashesToLoad(recovered))
    for (const hash of hashes) {
      const header = disk.get(hash.toString());
      if (header !== undefined) recovered.headers.push(header);
    }
  expect(new Set(recovered.headers)).toEqual(new Set([mine, c, b, a]));
});

test("nothing below the final block is loaded", () => {
  const final = { height: b.height, hash: blockHash(b), view: b.view };
  const certificates = [certify("commit", b), certify("prepare", c)];
  expect(hashesToLoad({ ...fresh, final, certificates })).toEqual([blockHash(c)]);
  expect(hashesToLoad({ ...fresh, final, certificates, headers: [c] })).toEqual([]);
});

test("keys of certificates sort by view, and a view's key is before all of its kinds", () => {
  const keys = [
    certificateKey(epoch, View(255)),
    certificateKey(epoch, View(255), "prepare"),
    certificateKey(epoch, View(255), "skip"),
    certificateKey(epoch, View(256)),
    certificateKey(epoch, View(256), "commit"),
  ];
  expect(keys.toSorted(compareBytes)).toEqual(keys);
});

test("a crash that kept a SKIP of view 5 and lost how it was entered leaves a replica that skips view 3, and says no more in it", () => {
  const header = headerOn(a, 3);
  const other = (leaderOf(header.view) + 1) % 4;
  const bench = new Bench(other, {
    ...fresh,
    certificates: [certify("prepare", a), certify("skip", 2)],
    headers: [a],
    safety: { ...initialSafety(epoch), lastSkip: View(5) },
  });
  expect(bench.replica.view).toBe(3);
  expect(votesIn(bench.started)).toEqual(["skip 3"]);
  const proposal = proposalOf(header, certify("prepare", a), [certify("skip", 2)]);
  const later = [...bench.hear(leaderOf(header.view), proposal), ...bench.wait(10_000_000)];
  expect(new Set(votesIn(later))).toEqual(new Set(["skip 3"]));
  const writes = [...bench.started, ...later].flatMap((effect) =>
    effect.type === "persist" ? effect.writes : [],
  );
  expect(writes.filter(({ space }) => space === spaces.safety)).toEqual([]);
});
