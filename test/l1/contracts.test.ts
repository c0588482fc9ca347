// What we say of the contracts, held against what the compiler made of them.
import { join } from "node:path";
import { AbiCoder, type ErrorFragment, Interface } from "ethers";
import { expect, test } from "vitest";
import { abis, readArtifact, refusalOf } from "../../l1/index.ts";
import { settlementAbi } from "../../l1/abi.ts";

const root = join(import.meta.dirname, "..", "..");
const compiled = async (source: string): Promise<Interface> =>
  new Interface([...(await readArtifact(root, source)).abi]);

test("a settlement is made of what we give it", async () => {
  const made = await compiled("Settlement");
  const types = (abi: Interface): string[] => abi.deploy.inputs.map(({ type }) => type);
  expect(types(settlementAbi)).toEqual(types(made));
});

test("every event that a validator's or a rollup's call leaves behind can be shown", async () => {
  const known = abis.flatMap((abi) => signaturesOf(abi, "event"));
  for (const source of ["Stake", "Rollups"])
    for (const event of signaturesOf(await compiled(source), "event"))
      // The hub's doing, or the posters'.
      if (!/^(Slashed|Rewarded|Collected|Shared)\(/.test(event)) expect(known).toContain(event);
});

test("every error of our contracts has words, with what it is about in them", async () => {
  for (const source of ["Hub", "Stake", "Rollups", "Settlement", "Bundle", "devnet/FeeToken"]) {
    const abi = await compiled(source);
    const errors = abi.fragments.filter((each): each is ErrorFragment => each.type === "error");
    // Of the token what transfers and approvals say; permits are not used, and minting is the devnet's.
    const isSaid = ({ name }: ErrorFragment): boolean =>
      source !== "devnet/FeeToken" || /^ERC20[A-Z]/.test(name);
    for (const error of errors.filter(isSaid)) {
      const values = error.inputs.map(({ type }) => exampleOf(type));
      const refusal = refusalOf(abi.encodeErrorResult(error, values));
      expect(refusal?.name, error.format("full")).toBe(error.name);
      expect(refusal?.words).not.toMatch(/[{}]|undefined/);
      expect(refusal?.words).not.toBe(error.name);
    }
  }
});

test("arguments stand where the words name them", () => {
  const data = stakeErrors.encodeErrorResult("StakeTooSmall", [7, 100]);
  expect(refusalOf(data)?.words).toBe("7 units are below the least stake, 100");
});

test("a contract's own sentence is passed on, and what is no error of ours is none", () => {
  const coder = AbiCoder.defaultAbiCoder();
  const sentence = `0x08c379a0${coder.encode(["string"], ["not today"]).slice(2)}`;
  expect(refusalOf(sentence)).toEqual({ name: "Error", words: "not today" });
  for (const odd of [
    "0x",
    "0x12",
    "0x12345678",
    sentence.slice(0, 40),
    `0x08c379a0${"ff".repeat(64)}`,
  ])
    expect(refusalOf(odd), odd).toBeUndefined();
});

const stakeErrors = new Interface(["error StakeTooSmall(uint96 amount, uint96 least)"]);

function signaturesOf(abi: Interface, type: string): string[] {
  return abi.fragments.filter((each) => each.type === type).map((each) => each.format("sighash"));
}

function exampleOf(type: string): unknown {
  if (type === "address") return `0x${"11".repeat(20)}`;
  if (type === "bytes32") return `0x${"22".repeat(32)}`;
  return 5n;
}
