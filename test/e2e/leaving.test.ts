// A sequencer that is gone: what its rollup's users can do with the L1 alone.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Contract, type EventLog, NonceManager } from "ethers";
import hre from "hardhat";
import { afterAll, beforeAll, expect, test } from "vitest";
import { devAccount } from "../../deploy/devnet/accounts.ts";
import { readArtifact } from "../../l1/index.ts";
import { type Devnet, logsOf, startDevnet } from "../../deploy/devnet/devnet.ts";
import { Processes } from "../../deploy/devnet/processes.ts";
import { until } from "../../deploy/devnet/until.ts";
import { type Forced, inboxToExecute } from "../../sdk/index.ts";

const minutes = 60_000;
const day = 24 * 3600;
const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "leaving-"));
const processes = new Processes(logsOf(folder));

let devnet: Devnet;
/** As a user has it: nobody's friend, with an account of its own. */
let settlement: Contract;

beforeAll(async () => {
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  devnet = await startDevnet({ root, folder }, processes, {
    validators: 4,
    dealsSealingKey: true,
    usualPorts: false,
    say: () => undefined,
  });
  const { abi } = await readArtifact(root, "Settlement");
  const user = new NonceManager(devAccount(15).connect(devnet.provider));
  settlement = new Contract(devnet.deployment.settlements[0] ?? "", [...abi], user);
}, 5 * minutes);

afterAll(async () => {
  devnet?.provider.destroy();
  await processes.stopAll("validator");
  await processes.stopAll();
  rmSync(folder, { recursive: true });
}, minutes);

test(
  "when the sequencer dies a message is forced, and then everybody may leave",
  { timeout: 4 * minutes },
  async () => {
    // While it lives, it reads what is in the inbox.
    await say("0x01");
    const isRead = async (): Promise<boolean> => (await settled()).inboxRead === 1;
    expect(await until(isRead, { timeoutMs: 2 * minutes })).toBe(true);
    expect(await number("executed")).toBe(1);
    await Promise.all(devnet.validators.map((validator) => validator.kill()));

    await say("0x02");
    await expect(call("force", 2)).rejects.toThrow("NotOverdue");
    await wait(day);
    await call("force", 2);
    expect(await number("executed")).toBe(2);
    const { batches } = await settled();
    const forced = (await eventsOf("Forced")).map(({ args }): Forced => ({
      batches: Number(args["batches"]),
      from: Number(args["from"]),
      to: Number(args["to"]),
    }));
    // What a rollup makes of it: the message comes before whatever a sequencer that returned could bring.
    expect(inboxToExecute({ number: batches + 1, inbox: [] }, forced)).toEqual({
      forced: [1],
      read: [],
    });

    await expect(call("escape")).rejects.toThrow("EscapeTooEarly");
    await wait(3 * day);
    await call("escape");
    expect(await settlement.getFunction("escapeActive").staticCall()).toBe(true);
    await expect(say("0x03")).rejects.toThrow("HasEscaped");
  },
);

async function say(data: string): Promise<void> {
  await call("enqueue", data);
}

/** Throws with the name of the contract's error when it would do nothing. */
async function call(name: string, ...values: readonly unknown[]): Promise<void> {
  await settlement.getFunction(name).staticCall(...values);
  const response = await settlement.getFunction(name).send(...values);
  await response.wait();
}

async function number(name: string): Promise<number> {
  return Number(await settlement.getFunction(name).staticCall());
}

async function settled(): Promise<{ readonly batches: number; readonly inboxRead: number }> {
  const [batches, inboxRead] = (await settlement.getFunction("settled").staticCall()) as bigint[];
  return { batches: Number(batches), inboxRead: Number(inboxRead) };
}

async function eventsOf(name: string): Promise<readonly EventLog[]> {
  return (await settlement.queryFilter(name, 0, "latest")) as EventLog[];
}

/** On the L1's clock. */
async function wait(seconds: number): Promise<void> {
  await devnet.provider.send("evm_increaseTime", [seconds]);
  await devnet.provider.send("evm_mine", []);
}
