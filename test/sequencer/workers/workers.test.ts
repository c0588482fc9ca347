import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type BatchOpening,
  decryptionShares,
  ephemeralPoint,
  keyedPoint,
  epochPublicKey,
  type SealingGroup,
  type ShareRow,
} from "../../../crypto/index.ts";
import type { Attempt } from "../../../epoch/index.ts";
import {
  encodeTransaction,
  Epoch,
  Height,
  type SealedTransaction,
  sealingOf,
  toControlTransaction,
} from "../../../protocol/index.ts";
import { createMclSealingGroup, nodeNetworkSignatures } from "../../../sequencer/crypto/index.ts";
import {
  createWorkers,
  type RoundRequest,
  type RoundResult,
  type Workers,
} from "../../../sequencer/workers/index.ts";
import { silentLogger } from "../silent-logger.ts";
import {
  dealSealing,
  encodeAll,
  envelopeOf,
  sealTransaction,
  type Sealing,
  sign,
} from "./sealed.ts";

let group: SealingGroup;
let sealing: Sealing;
let workers: Workers;
/** More than one part, so that what is cut must be joined. */
let transactions: SealedTransaction[];
let points: Uint8Array[];

beforeAll(async () => {
  group = await createMclSealingGroup();
  sealing = dealSealing(group);
  transactions = Array.from({ length: 40 }, (_, i) => sealTransaction(group, sealing.key, i + 1));
  points = transactions.map(({ body }) => keyedPoint(body));
  workers = await createWorkers({
    count: 2,
    keyShares: [{ keyId: 1, share: keyShareOf(1) }],
    ...sealing.setup,
    logger: silentLogger,
  });
});

afterAll(async () => {
  await workers.close();
});

function keyShareOf(seat: number): Uint8Array {
  return sealing.dealt.keyShares[seat - 1] ?? new Uint8Array();
}

function rowOf(seat: number): ShareRow {
  const plain = transactions.map(({ body }) => ephemeralPoint(body));
  return { seat, shares: decryptionShares(group, keyShareOf(seat), plain) };
}

/** One batch with all points. */
async function open(rows: readonly ShareRow[]): Promise<BatchOpening> {
  const [opened] = await workers.open([{ points, rows }]);
  if (opened === undefined) throw new Error("every batch has its answer");
  return opened;
}

test("transactions as their senders made them are valid", async () => {
  expect(await workers.validate(encodeAll(transactions))).toEqual(transactions.map(() => true));
});

test("what a sender did not sign, or did not seal by the rules, is not valid", async () => {
  const good = sealTransaction(group, sealing.key, 1);
  const flipped = good.body.slice();
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  const bad: Record<string, SealedTransaction> = {
    "another's signature": { ...good, signature: sealTransaction(group, sealing.key, 2).signature },
    "another sender": { ...good, envelope: { ...good.envelope, sender: new Uint8Array(20) } },
    "another envelope, signed": sign({ ...good, envelope: envelopeOf(2) }),
    "a changed body, signed": sign({ ...good, body: flipped }),
    "an unpadded payload": sealTransaction(group, sealing.key, 3, new Uint8Array(100)),
    "an empty payload": sealTransaction(group, sealing.key, 3, new Uint8Array()),
    "a clear body called sealed": sign({ ...good, body: new Uint8Array(261) }),
    "another key": sealTransaction(group, { ...sealing.key, keyId: 2 }, 1),
  };
  const encodings = [...encodeAll(Object.values(bad)), new Uint8Array(), new Uint8Array(300)];
  expect(await workers.validate(encodings)).toEqual(encodings.map(() => false));
});

test("a clear transaction needs its sender's signature alone", async () => {
  const clear = sign({ version: 0, envelope: envelopeOf(1), body: Uint8Array.of(1, 2, 3) });
  const forged = { ...clear, body: Uint8Array.of(1, 2, 4) };
  expect(await workers.validate(encodeAll([clear, forged]))).toEqual([true, false]);
});

test("a batch is opened by three seats, checked by everyone, and unsealed", async () => {
  const own = await workers.shares(points);
  expect(own).toEqual(rowOf(1).shares);
  const rows = [{ seat: 1, shares: own }, rowOf(2), rowOf(4)];
  const opened = await open(rows);
  if (!("openings" in opened)) throw new Error("it is open");
  const { openings, badSeats } = opened;
  expect(badSeats).toEqual([]);
  const claims = [
    openings,
    openings.toReversed(),
    openings.slice(1),
    openings.with(39, points[0] ?? new Uint8Array()),
  ];
  const areValid = await workers.checkOpenings(claims.map((each) => ({ points, openings: each })));
  expect(areValid).toEqual([true, false, false, false]);

  const items = transactions.map((transaction, i) => ({
    transaction: encodeTransaction(transaction),
    opening: openings[i] ?? new Uint8Array(),
  }));
  expect(await workers.unseal(items)).toEqual(
    transactions.map(({ envelope }) => Uint8Array.of(envelope.nonce)),
  );
});

test("batches that are opened together get their own answers, wherever they are cut", async () => {
  const bounds = [0, 1, 35, 37, 40];
  const batches = bounds.slice(1).map((end, i) => ({
    points: points.slice(bounds[i], end),
    rows: [1, 2, 3].map((seat) => ({ seat, shares: rowOf(seat).shares.slice(bounds[i], end) })),
  }));
  const whole = await open([1, 2, 3].map(rowOf));
  const answers = await workers.open(batches);
  expect(answers.map((answer) => "openings" in answer && answer.openings.length)).toEqual([
    1, 34, 2, 3,
  ]);
  const joined = answers.flatMap((answer) => ("openings" in answer ? answer.openings : []));
  expect(joined).toEqual("openings" in whole ? whole.openings : []);

  const third = batches[2] ?? { points: [], rows: [] };
  const lie = { seat: 2, shares: third.points };
  const liar = batches.with(2, { ...third, rows: third.rows.with(1, lie) });
  const lied = await workers.open(liar);
  expect(lied.map(({ badSeats }) => badSeats)).toEqual([[], [], [2], []]);
  expect(lied.map((answer) => "openings" in answer)).toEqual([true, true, false, true]);
});

test("a seat that lies about one point is named, and a fourth seat takes its place", async () => {
  const liar = rowOf(2);
  const shares = liar.shares.with(points.length - 1, liar.shares[0] ?? new Uint8Array());
  const rows = [rowOf(1), { seat: 2, shares }, rowOf(3)];
  expect(await open(rows)).toEqual({ badSeats: [2] });
  const opened = await open([...rows, rowOf(4)]);
  expect(opened).toMatchObject({ badSeats: [2] });
  expect("openings" in opened && opened.openings.length).toBe(points.length);
});

test("rows that are too short or no points at all are bad, not fatal", async () => {
  const short = { seat: 2, shares: rowOf(2).shares.slice(1) };
  const garbage = { seat: 3, shares: points.map(() => new Uint8Array(96)) };
  const opened = await open([rowOf(1), short, garbage]);
  expect(new Set(opened.badSeats)).toEqual(new Set([2, 3]));
  expect("openings" in opened).toBe(false);
});

test("what was sealed unpadded, or is opened with another's opening, is void", async () => {
  const unpadded = sealTransaction(group, sealing.key, 1, new Uint8Array(128).fill(1));
  const items = await Promise.all(
    [unpadded, sealTransaction(group, sealing.key, 2)].map(async (transaction) => {
      const [batch, plain] = [[keyedPoint(transaction.body)], [ephemeralPoint(transaction.body)]];
      const rows = [1, 2, 3].map((seat) => ({
        seat,
        shares: decryptionShares(group, keyShareOf(seat), plain),
      }));
      const [opened] = await workers.open([{ points: batch, rows }]);
      const [opening] = opened !== undefined && "openings" in opened ? opened.openings : [];
      return { transaction: encodeTransaction(transaction), opening: opening ?? new Uint8Array() };
    }),
  );
  const [first, second] = items as [(typeof items)[0], (typeof items)[0]];
  const mistaken = { ...second, opening: first.opening };
  const clear = sign({ version: 0, envelope: envelopeOf(1), body: Uint8Array.of(7) });
  const open = { transaction: encodeTransaction(clear), opening: new Uint8Array() };
  expect(await workers.unseal([first, second, mistaken, open])).toEqual([
    undefined,
    Uint8Array.of(2),
    undefined,
    Uint8Array.of(7),
  ]);
});

test("nothing to do is done at once", async () => {
  expect(await workers.validate([])).toEqual([]);
  expect(await workers.shares([])).toEqual([]);
  expect(await workers.open([])).toEqual([]);
  expect(await workers.open([{ points: [], rows: [] }])).toEqual([{ openings: [], badSeats: [] }]);
});

test("an opening does not wait for a queue of validations", async () => {
  const order: string[] = [];
  const many = Array.from({ length: 10 }, () => encodeAll(transactions)).flat();
  const validated = workers.validate(many).then(() => order.push("validated"));
  const rows = [rowOf(1), rowOf(2), rowOf(3)];
  const opened = workers.open([{ points, rows }]).then(() => order.push("opened"));
  await Promise.all([validated, opened]);
  expect(order).toEqual(["opened", "validated"]);
});

test("our own mistake is reported, and the workers are still there", async () => {
  await expect(workers.shares([new Uint8Array(48)])).rejects.toMatchObject({
    code: "WORKER_CRASHED",
  });
  expect(await workers.validate(encodeAll(transactions.slice(0, 1)))).toEqual([true]);
});

test("a sealing key that is none does not start", async () => {
  const { chainId, committee } = sealing.setup;
  const pk1 = new Uint8Array(48);
  const broken = { ...committee, sealing: { ...sealingOf(committee), pk1 } };
  await expect(
    createWorkers({ count: 1, chainId, committee: broken, logger: silentLogger }),
  ).rejects.toMatchObject({ code: "START_FAILED" });
});

test("what a validator says to all is valid under its own signature, whoever it is", async () => {
  const secret = new Uint8Array(32).fill(3);
  const control = {
    author: nodeNetworkSignatures.publicKey(secret),
    epoch: Epoch(2),
    attempt: 0,
    keyId: 1,
    content: { type: "ack" as const, dealers: [1] },
  };
  const sign = (digest: Uint8Array): Uint8Array => nodeNetworkSignatures.sign(secret, digest);
  const good = toControlTransaction(control, { chainId: 1, expiry: Height(9), sign });
  const forged = { ...good, signature: good.signature.with(3, (good.signature[3] ?? 0) ^ 1) };
  const encoded = encodeAll([good, forged, { ...good, body: good.body.subarray(1) }]);
  expect(await workers.validate(encoded)).toEqual([true, false, false]);
});

test("a round of one seat makes its key and its share in a thread", async () => {
  const networkKey = new Uint8Array(32).fill(4);
  const member = { publicKey: new Uint8Array(48), networkKey };
  const verificationKey = new Uint8Array(96);
  const committee = {
    epoch: Epoch(0),
    members: [{ ...member, verificationKey }],
    sealing: undefined,
  };
  const lone = await createWorkers({ count: 1, chainId: 1, committee, logger: silentLogger });
  const secret = new Uint8Array(32).fill(6);
  const start: Attempt = {
    epoch: Epoch(1),
    number: 0,
    keyId: 1,
    start: Height(2),
    members: [member],
    dealers: [networkKey],
    keys: [{ seat: 1, epochKey: epochPublicKey(secret) }],
    dealings: [],
    acks: [],
    reveals: [],
  };
  const ask = (task: RoundRequest["task"], attempt: Attempt): Promise<RoundResult> =>
    lone.round({ task, attempt, part: 1, secret });
  const { dealing: bytes = new Uint8Array() } = await ask("make-dealing", start);
  const dealt = { ...start, dealings: [{ dealer: 1, bytes }] };
  const { dealers = [] } = await ask("open-dealings", dealt);
  expect(dealers).toEqual([1]);
  const done = { ...dealt, acks: [{ seat: 1, dealers }] };
  expect((await ask("reveal-shares", done)).shares).toEqual([]);
  const { verdict, keyShare = new Uint8Array(32) } = await ask("judge", done);
  expect(verdict?.key.verificationKeys).toEqual([group.multiplyG2(keyShare)]);
  expect(await lone.validate(encodeAll(transactions.slice(0, 1)))).toEqual([false]);
  await lone.close();
});
