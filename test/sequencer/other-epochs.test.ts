import { expect, test } from "vitest";
import { Epoch, type Message, Micros, ValidatorIndex, View } from "../../protocol/index.ts";
import { Handover } from "../../sequencer/handover.ts";
import { LaterEpochs } from "../../sequencer/later-epochs.ts";
import { OtherEpochs, type OtherEpochsEffect } from "../../sequencer/other-epochs.ts";
import { committee, domain } from "../consensus/support.ts";
import { epochEnd, messages } from "../protocol/examples.ts";

const own = Epoch(4);
const from = ValidatorIndex(2);
const standing = { view: View(9), commitQC: undefined };
const seats = committee.members.length;

/** Of a node in epoch 4, for which no signature holds. */
function others(): OtherEpochs {
  const verifyAggregate = (): boolean => false;
  const parts = {
    handover: new Handover({
      committee: { ...committee, epoch: own },
      domain,
      verifyAggregate,
    }),
    later: new LaterEpochs({ domain, seats, verifyAggregateOf: verifyAggregate }),
  };
  return new OtherEpochs(own, parts);
}

function hear(machine: OtherEpochs, epoch: number, message: Message): OtherEpochsEffect[] {
  const now = Micros(1_000_000_000);
  return machine.onMessage({ type: "message", now, from, epoch: Epoch(epoch), message }, standing);
}

test("who votes in an earlier epoch is told how that ended, once in a while", () => {
  const machine = others();
  const told = { type: "load-epoch-end", to: from, epoch: 3 };
  expect(hear(machine, 3, messages.vote)).toEqual([told]);
  expect(hear(machine, 3, messages.status)).toEqual([]);
});

test("who stayed behind may ask for the end of any epoch before this one, and of no other", () => {
  const asking = (epoch: number): Message => ({
    ...messages["get-certificates"],
    epoch: Epoch(epoch),
  });
  expect(hear(others(), 1, asking(2))).toEqual([{ type: "load-epoch-end", to: from, epoch: 2 }]);
  expect(hear(others(), 1, asking(4))).toEqual([]);
});

test("who is in a later epoch is asked how this one ended, and not asked to vote in it", () => {
  const message = { type: "get-certificates", epoch: own, from: View(9), to: View(9) };
  expect(hear(others(), 5, messages.vote)).toEqual([{ type: "send", to: from, message }]);
});

test("what asks of the past is heard from everywhere, and answers only from where they may lead on", () => {
  const machine = others();
  const heard = (epoch: number): string[] =>
    Object.values(messages)
      .filter((message) => machine.isHeard({ epoch: Epoch(epoch), message }))
      .map(({ type }) => type)
      .toSorted();
  const always = [
    "epoch-end",
    "get-blocks",
    "get-lanes",
    "get-snapshot",
    "get-transactions",
    "pull-openings",
    "transactions",
  ];
  expect(heard(3)).toEqual(always);
  expect(heard(5)).toEqual([...always, "blocks", "lanes", "opened", "snapshot-chunk"].toSorted());
});

test("an end that nobody signed is a fault, once", () => {
  const machine = others();
  const { checkpoint } = epochEnd.certified;
  const end = {
    ...epochEnd,
    certified: { ...epochEnd.certified, checkpoint: { ...checkpoint, epoch: own } },
  };
  const fault = { type: "fault", peer: from, code: "BAD_EPOCH_END" };
  expect(machine.onEnd(from, end)).toEqual([fault]);
  expect(machine.onEnd(from, end)).toEqual([]);
});
