// conclave validator: a validator's stake on the L1, from its registration to its last withdrawal.

import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { CodedError } from "../base/index.ts";
import { openKeyFile, type PasswordSource, readKeyFile, readKeyLabel } from "../keystore/index.ts";
import {
  checkRegistration,
  committeeAt,
  delegationAt,
  makeRegistration,
  operatorAt,
  planClaim,
  planCommission,
  planDelegate,
  planDelegation,
  planExit,
  planRegister,
  planStake,
  planWithdraw,
  type Registration,
  type RegistrationPlace,
  toUnits,
} from "../l1/index.ts";
import { addQuery, addVerb, address, amount, passwordSource } from "./l1-command.ts";
import { hex, natural, readGenesis, readJson, runCommands, show } from "./program.ts";

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
  addVerb<{ readonly operator?: string }>(group, {
    name: "claim",
    what: "take what one's stake, or what one has staked on --operator, has earned of the fees",
    example: "",
    define: (command) => command.option("--operator <address>", "of a delegation", address),
    plan: (l1, account, { operator }) =>
      operator === undefined
        ? planClaim(l1, account)
        : planDelegation(l1, operator, { type: "claim" }),
  });
  addDelegation(group);
  addQuery<{ readonly operator?: string; readonly delegator?: string }>(group, {
    name: "status",
    what: "show an operator's stake, what somebody has staked on it, and the committee",
    example: "--operator 0x00000000000000000000000000000000000000a1",
    define: (command) =>
      command
        .option("--operator <address>", "whose stake", address)
        .option("--delegator <address>", "who has staked on it", address),
    async ask(l1, { operator, delegator }) {
      const [committee, { address: token, decimals }] = [
        await committeeAt(l1),
        await l1.stakeToken(),
      ];
      const network = { ...committee, token, decimals };
      if (operator === undefined) return network;
      const delegation = delegator === undefined ? {} : await delegationAt(l1, operator, delegator);
      return { operator, ...(await operatorAt(l1, operator)), ...delegation, ...network };
    },
  });
  return group;
});

/** What others stake on an operator, and what it takes for that. */
function addDelegation(group: Command): void {
  const withOperator = (command: Command): Command =>
    command.requiredOption("--operator <address>", "on whom", address);
  addVerb<{ readonly operator: string; readonly amount: string; readonly commissionMost: number }>(
    group,
    {
      name: "delegate",
      what: "stake on an operator: it earns and is slashed as the operator's own",
      example:
        "--operator 0x00000000000000000000000000000000000000a1 --amount 10 --commission-most 500",
      define: (command) =>
        withOperator(command)
          .requiredOption("--amount <tokens>", "to stake", amount)
          .requiredOption(
            "--commission-most <n>",
            "hundredths of a percent; not above it",
            natural,
          ),
      plan: async (l1, account, { operator, amount, commissionMost }) => {
        const units = toUnits(amount, await l1.stakeToken());
        return planDelegate(l1, account, { operator, amount: units, commissionMost });
      },
    },
  );
  addVerb<{ readonly operator: string; readonly amount: string }>(group, {
    name: "undelegate",
    what: "take stake back from an operator; it is free after the unbonding time",
    example: "--operator 0x00000000000000000000000000000000000000a1 --amount 10",
    define: (command) => withOperator(command).requiredOption("--amount <tokens>", "of it", amount),
    plan: async (l1, _, { operator, amount }) => {
      const units = toUnits(amount, await l1.stakeToken());
      return planDelegation(l1, operator, { type: "undelegate", amount: units });
    },
  });
  addVerb<{ readonly operator: string }>(group, {
    name: "withdraw-delegation",
    what: "be paid what was taken back, once it is free",
    example: "--operator 0x00000000000000000000000000000000000000a1",
    define: withOperator,
    plan: (l1, _, { operator }) => planDelegation(l1, operator, { type: "withdraw" }),
  });
  addVerb<{ readonly commission: number }>(group, {
    name: "commission",
    what: "say which part of others' earnings the operator takes",
    example: "--commission 500",
    define: (command) =>
      command.requiredOption("--commission <n>", "hundredths of a percent", natural),
    plan: (l1, operator, { commission }) => planCommission(l1, operator, commission),
  });
}

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
