// conclave validator: a validator's stake on the L1, from its registration to its last withdrawal.

import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { CodedError } from "../base/index.ts";
import { openKeyFile, type PasswordSource, readKeyFile, readKeyLabel } from "../keystore/index.ts";
import {
  checkRegistration,
  committeeAt,
  makeRegistration,
  operatorAt,
  planClaim,
  planExit,
  planRegister,
  planStake,
  planWithdraw,
  type Registration,
  type RegistrationPlace,
  toUnits,
} from "../l1/index.ts";
import { addQuery, addVerb, address, amount, passwordSource } from "./l1-command.ts";
import { hex, readGenesis, readJson, runCommands, show } from "./program.ts";

interface KeyOptions {
  readonly keystore: string;
  readonly keystorePassword: PasswordSource;
  readonly networkKeystore: string;
  readonly address: string;
}

interface RegisterOptions extends Partial<KeyOptions> {
  readonly amount: string;
  readonly registration?: string;
}

interface PrepareOptions extends KeyOptions {
  readonly genesis: string;
  readonly operator: string;
  readonly out: string;
  readonly json?: true;
}

await runCommands("validator", (group) => {
  group.description("stake on the L1, and leave");
  addPrepare(group);
  addVerb<RegisterOptions>(group, {
    name: "register",
    what: "stake, and take part from the next committee on",
    example: "--amount 100 --registration registration.json",
    define: (command) =>
      withKeys(command, false)
        .requiredOption("--amount <tokens>", "of the stake", amount)
        .option("--registration <file>", "made by prepare-registration, in place of the keystores"),
    async plan(l1, operator, options) {
      const { chainId, hub } = l1;
      const registration = await registrationOf(options, { chainId, hub, operator });
      const units = toUnits(options.amount, await l1.stakeToken());
      return planRegister(l1, operator, { registration, amount: units });
    },
  });
  addVerb<{ readonly amount: string }>(group, {
    name: "stake",
    what: "add to the stake",
    example: "--amount 50",
    define: (command) => command.requiredOption("--amount <tokens>", "to add", amount),
    plan: async (l1, operator, options) =>
      planStake(l1, operator, toUnits(options.amount, await l1.stakeToken())),
  });
  addVerb(group, {
    name: "exit",
    what: "take part no more in committees that are prepared from now on",
    example: "",
    plan: planExit,
  });
  addVerb(group, {
    name: "withdraw",
    what: "take the stake back, once it answers for nothing any more",
    example: "",
    plan: planWithdraw,
  });
  addVerb(group, {
    name: "claim",
    what: "take what the stake has earned of the fees",
    example: "",
    plan: planClaim,
  });
  addQuery<{ readonly operator?: string }>(group, {
    name: "status",
    what: "show an operator's stake, and the committee",
    example: "--operator 0x00000000000000000000000000000000000000a1",
    define: (command) => command.option("--operator <address>", "whose stake", address),
    async ask(l1, { operator }) {
      const [committee, { address: token, decimals }] = [
        await committeeAt(l1),
        await l1.stakeToken(),
      ];
      const network = { ...committee, token, decimals };
      if (operator === undefined) return network;
      return { operator, ...(await operatorAt(l1, operator)), ...network };
    },
  });
  return group;
});

/** Where the validator's key is; the wallet may be elsewhere. */
function addPrepare(group: Command): void {
  withKeys(group.command("prepare-registration"), true)
    .description("sign what `register` sends, without a wallet and without the L1")
    .requiredOption("--genesis <file>", "of the network", process.env["CONCLAVE_GENESIS"])
    .requiredOption("--operator <address>", "the account that will register", address)
    .requiredOption("--out <file>", "must not exist; holds no secret")
    .option("--json", "print JSON")
    .action(async (options: PrepareOptions) => {
      const { chainId, contracts } = await readGenesis(options.genesis);
      const { operator, out } = options;
      const place = { chainId, hub: hex(contracts.hub), operator };
      const registration = await signedBy(options, place);
      await writeOnce(out, `${JSON.stringify(registration, undefined, 2)}\n`);
      const { publicKey, networkKey } = registration;
      show({ file: out, operator, publicKey, networkKey }, { json: options.json === true });
    });
}

function withKeys(command: Command, areNeeded: boolean): Command {
  const add = (flags: string, what: string, parse?: (text: string) => unknown): Command => {
    const option = command.createOption(flags, what).makeOptionMandatory(areNeeded);
    return command.addOption(parse === undefined ? option : option.argParser(parse));
  };
  add("--keystore <file>", "of the validator's key (BLS)");
  add("--keystore-password <source>", "that opens it (file:PATH or env:NAME)", passwordSource);
  add("--network-keystore <file>", "of the network key; only its public part is read");
  return add("--address <multiaddress>", "where other nodes reach it, such as /ip4/…/tcp/9000");
}

async function registrationOf(
  { registration, ...keys }: RegisterOptions,
  place: RegistrationPlace,
): Promise<Registration> {
  if (registration !== undefined) return checkRegistration(await readJson(registration), place);
  if (hasKeys(keys)) return signedBy(keys, place);
  throw new CodedError(
    "NO_REGISTRATION",
    "give --registration FILE, or --keystore, --keystore-password, --network-keystore and --address",
  );
}

function hasKeys(keys: Partial<KeyOptions>): keys is KeyOptions {
  const { keystore, keystorePassword, networkKeystore, address } = keys;
  return [keystore, keystorePassword, networkKeystore, address].every((each) => each !== undefined);
}

async function signedBy(keys: KeyOptions, place: RegistrationPlace): Promise<Registration> {
  const { keystore, keystorePassword, networkKeystore, address } = keys;
  const { secret } = await openKeyFile(keystore, "validator", keystorePassword);
  const label = readKeyLabel(await readKeyFile(networkKeystore));
  if (label.type !== "network")
    throw new CodedError("KEYSTORE_TYPE_WRONG", `${networkKeystore} holds no network key`);
  return makeRegistration(place, { secret, networkKey: label.publicKey, address });
}

async function writeOnce(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (cause) {
    throw new CodedError("FILE_NOT_WRITTEN", `${path} cannot be written, or is there already`, {
      cause,
    });
  }
}
