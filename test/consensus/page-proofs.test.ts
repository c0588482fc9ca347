// What a node that was away must be able to show afterwards: that each page of what it missed is final.

import { expect, test } from "vitest";
import type { ReplicaEffect } from "../../consensus/index.ts";
import {
  blockHash,
  type Blocks,
  type GetBlocks,
  type Header,
  limits,
  type QC,
} from "../../protocol/index.ts";
import { Bench, certify, faultsIn, headerOn } from "./support.ts";

const chain = chainOf(200);
const hashes = chain.map(blockHash);
const last = chain.at(-1) as Header;

interface Question {
  readonly to: number;
  readonly message: GetBlocks;
}

function chainOf(length: number): Header[] {
  const headers: Header[] = [];
  for (let view = 1; view <= length; view++) headers.push(headerOn(headers.at(-1), view));
  return headers;
}

/** One that knows what is final, and has none of it. */
function startBehind(): Bench {
  const bench = new Bench(3);
  bench.hear(0, { type: "certificate", qc: certify("commit", last) });
  return bench;
}

function questionIn(effects: readonly ReplicaEffect[]): Question | undefined {
  return effects.flatMap((effect) =>
    effect.type === "send" && effect.message.type === "get-blocks"
      ? [{ to: effect.to, message: effect.message }]
      : [],
  )[0];
}

function ask(bench: Bench): Question {
  const question = questionIn(bench.wait(200_000));
  if (question === undefined) throw new Error("a question is due");
  return question;
}

/** What an honest peer has from this block down, and whatever it says to prove it. */
function answer({ message }: Question, prove: (top: Header) => QC | undefined): Blocks {
  const index = hashes.findIndex((hash) => hash.toString() === message.hash.toString());
  const headers = chain.slice(Math.max(0, index + 1 - message.count), index + 1).toReversed();
  const [top] = headers;
  return { type: "blocks", headers, certificate: top === undefined ? undefined : prove(top) };
}

function finalizedIn(
  effects: readonly ReplicaEffect[],
): Extract<ReplicaEffect, { type: "finalized" }>[] {
  return effects.filter((effect) => effect.type === "finalized");
}

test("whoever was away finalizes page by page, each with the certificate of its last block", () => {
  const bench = startBehind();
  const effects: ReplicaEffect[] = [];
  for (let turns = 0; bench.replica.finalHeight < last.height && turns < 500; turns++) {
    const waited = bench.wait(20_000);
    const question = questionIn(waited);
    effects.push(...waited);
    if (question !== undefined)
      effects.push(
        ...bench.hear(
          question.to,
          answer(question, (top) => certify("commit", top)),
        ),
      );
  }
  const pages = finalizedIn(effects);
  expect(pages.flatMap(({ headers }) => headers)).toEqual(chain);
  for (const { headers, certificate } of pages) {
    expect(headers.length).toBeLessThanOrEqual(limits.headersPerAnswerMax);
    expect(certificate?.hash).toEqual(blockHash(headers.at(-1) as Header));
  }
});

test("a forged certificate is a fault, and what came with it is not looked at", () => {
  const bench = startBehind();
  const question = ask(bench);
  const forge = (top: Header): QC => ({ ...certify("commit", top), signature: new Uint8Array(96) });
  expect(faultsIn(bench.hear(question.to, answer(question, forge)))).toEqual(["BAD_CERTIFICATE"]);
  const honest = answer(question, () => undefined);
  expect(faultsIn(bench.hear(question.to, honest))).toEqual([]);
  expect(ask(bench).message.hash).not.toEqual(question.message.hash);
});

test("a certificate that says less than final proves nothing", () => {
  const bench = startBehind();
  const question = ask(bench);
  const prepared = answer(question, (top) => certify("prepare", top));
  expect(faultsIn(bench.hear(question.to, prepared))).toEqual(["BAD_CERTIFICATE"]);
});

test("a certificate of what was not asked for is passed over unread", () => {
  const bench = startBehind();
  const question = ask(bench);
  const forged = { ...certify("commit", chain[5] as Header), signature: new Uint8Array(96) };
  const effects = bench.hear(
    question.to,
    answer(question, () => forged),
  );
  expect(faultsIn(effects)).toEqual([]);
});

test("what becomes final all at once, for want of one item at its begin, is proven page by page as well", () => {
  const item = 7;
  const first = headerOn(undefined, 1, [item]);
  const late = [first];
  for (let view = 2; view <= 200; view++) late.push(headerOn(late.at(-1), view));
  const bench = new Bench(3);
  const effects: ReplicaEffect[] = [];
  const give = (top: number): void => {
    const question = questionIn(bench.wait(200_000));
    if (question === undefined) return;
    const headers = late.slice(0, top + 1).toReversed();
    const from = headers.findIndex(
      (each) => blockHash(each).toString() === question.message.hash.toString(),
    );
    const part = headers.slice(from, from + question.message.count);
    effects.push(
      ...bench.hear(question.to, { type: "blocks", headers: part, certificate: undefined }),
    );
  };
  for (const [i, header] of late.entries()) {
    effects.push(...bench.hear(0, { type: "certificate", qc: certify("commit", header) }));
    give(i);
  }
  expect(finalizedIn(effects)).toEqual([]);
  bench.application.receive(item, true);
  effects.push(...bench.wait(2_000_000));
  const parts = finalizedIn(effects);
  expect(parts.flatMap(({ headers }) => headers)).toEqual(late);
  let run = 0;
  for (const { headers, certificate } of parts) {
    run += headers.length;
    expect(run).toBeLessThanOrEqual(limits.headersPerAnswerMax);
    if (certificate !== undefined) run = 0;
  }
});
