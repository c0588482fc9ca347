// conclave rollup: a rollup's place on the L1: its subscription, and what it has prepaid.

import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import {
  type OwnerWish,
  planCreate,
  planFund,
  planOwn,
  planRollupWithdraw,
  readArtifact,
  rollupAt,
  settledAt,
  termsAt,
  toUnits,
} from "../l1/index.ts";
import { addQuery, addVerb, address, amount } from "./l1-command.ts";
import { natural, runCommands } from "./program.ts";

interface CreateOptions {
  readonly policy: number;
  readonly owner?: string;
  readonly settlement?: string;
  readonly hubDelay: number;
}

/** A command that only a rollup's owner may use. */
interface OwnerVerb<Options> {
  readonly name: string;
  readonly what: string;
  readonly example: string;
  readonly define?: (command: Command) => Command;
  readonly wish: (options: Options) => OwnerWish;
}

const root = join(import.meta.dirname, "..");
const weekSeconds = 7 * 24 * 3600;

/** As `Rollups` counts them, from bit 0. */
const policies = ["sealed-only", "class-order", "sender-may-pay"];
const policyHelp = `names of ${policies.join(", ")} joined by commas, or none`;

await runCommands("rollup", (group) => {
  group.description("subscribe on the L1, and pay");
  addVerb<CreateOptions>(group, {
    name: "create",
    what: "subscribe a rollup, with a settlement contract of its own unless it brings one",
    example: "--policy sealed-only,class-order",
    define: (command) =>
      command
        .requiredOption("--policy <names>", policyHelp, policy)
        .option("--owner <address>", "of the rollup; the account by default", address)
        .option("--settlement <address>", "a contract that is there", address)
        .option(
          "--hub-delay <seconds>",
          "before a change of hub takes effect",
          natural,
          weekSeconds,
        ),
    async plan(l1, account, { policy, owner = account, settlement, hubDelay }) {
      if (settlement !== undefined) return planCreate(l1, { owner, policy, settlement });
      const { bytecode } = await readArtifact(root, "Settlement");
      return planCreate(l1, { owner, policy, bytecode, hubDelay });
    },
  });
  addVerb<{ readonly id: number; readonly amount: string }>(group, {
    name: "fund",
    what: "prepay a rollup's fees; anyone may, for any rollup",
    example: "--id 0 --amount 1000",
    define: (command) =>
      command
        .requiredOption("--id <id>", "of the rollup", natural)
        .requiredOption("--amount <tokens>", "to prepay", amount),
    plan: async (l1, payer, { id, amount }) =>
      planFund(l1, payer, { id, amount: toUnits(amount, await l1.feeToken()) }),
  });
  addOwnerVerb<{ readonly policy: number }>(group, {
    name: "policy",
    what: "say which transactions it takes, and in which order",
    example: "--id 0 --policy class-order",
    define: (command) => command.requiredOption("--policy <names>", policyHelp, policy),
    wish: (options) => ({ type: "policy", policy: options.policy }),
  });
  addOwnerVerb<{ readonly feePerByte: number }>(group, {
    name: "reserve",
    what: "say what a byte costs at least; what is above the base fee is the rollup's own",
    example: "--id 0 --fee-per-byte 3",
    define: (command) =>
      command.requiredOption("--fee-per-byte <units>", "of the fee token's smallest unit", natural),
    wish: ({ feePerByte }) => ({ type: "reserve", feePerByte }),
  });
  addOwnerVerb<{ readonly treasury: string }>(group, {
    name: "treasury",
    what: "say who receives what the rollup earns",
    example: "--id 0 --treasury 0x00000000000000000000000000000000000000a1",
    define: (command) =>
      command.requiredOption("--treasury <address>", "by default its owner", address),
    wish: ({ treasury }) => ({ type: "treasury", treasury }),
  });
  addOwnerVerb(group, {
    name: "leave",
    what: "end the subscription; what is unspent can be withdrawn after a delay",
    example: "--id 0",
    wish: () => ({ type: "leave" }),
  });
  addVerb<{ readonly id: number }>(group, {
    name: "withdraw",
    what: "pay the treasury what the rollup has earned, and what is left after leaving",
    example: "--id 0",
    define: withId,
    plan: (l1, _, { id }) => Promise.resolve(planRollupWithdraw(l1, id)),
  });
  addQuery<{ readonly id: number }>(group, {
    name: "status",
    what: "show what the L1 knows of a rollup",
    example: "--id 0",
    define: withId,
    async ask(l1, { id }) {
      const { policy, ...rollup } = await rollupAt(l1, id);
      const { address: token, decimals } = await l1.feeToken();
      const settled = (await settledAt(l1, rollup.settlement)) ?? {};
      const terms = await termsAt(l1, id);
      return { id, ...rollup, ...terms, policy: namesOf(policy), ...settled, token, decimals };
    },
  });
  return group;
});

function addOwnerVerb<Options extends object>(group: Command, verb: OwnerVerb<Options>): void {
  const { define, wish, ...rest } = verb;
  addVerb<Options & { readonly id: number }>(group, {
    ...rest,
    define: (command) => withId(define?.(command) ?? command),
    plan: (l1, _, options) => planOwn(l1, options.id, wish(options)),
  });
}

function withId(command: Command): Command {
  return command.requiredOption("--id <id>", "of the rollup", natural);
}

function policy(text: string): number {
  const names = text === "none" ? [] : text.split(",");
  if (names.every((name) => policies.includes(name)))
    return policies.reduce((bits, name, bit) => bits | (names.includes(name) ? 1 << bit : 0), 0);
  throw new InvalidArgumentError(`It must be ${policyHelp}.`);
}

function namesOf(bits: number): string {
  const names = policies.filter((_, bit) => (bits & (1 << bit)) !== 0);
  return names.length === 0 ? "none" : names.join(",");
}
