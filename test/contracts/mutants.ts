// npm run contracts:mutants: plants one bug after the other in the contracts, and fails when the test that holds the invariant
// does not find it. The numbers are those of docs/contracts.md.

import { Stage } from "./support/forge.ts";

interface Mutant {
  readonly invariant: number;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The test that has to fail. */
  readonly test: string;
}

const mutants: readonly Mutant[] = [
  {
    invariant: 1,
    file: "Hub.sol",
    from: "if (3 * weight <= 2 * total)",
    to: "if (3 * weight < 2 * total)",
    test: "testFuzz_finality_is_a_quorum",
  },
  {
    invariant: 1,
    file: "Hub.sol",
    from: "bytes32 payload = keccak256(abi.encode(checkpoint));",
    to: "bytes32 payload = keccak256(abi.encode(checkpoint.number, checkpoint.rollupsRoot));",
    test: "testFuzz_a_changed_checkpoint_is_refused",
  },
  {
    invariant: 1,
    file: "Committee.sol",
    from: "BLS12381.negate(term);",
    to: "",
    test: "testFuzz_leaving_out_the_absent_leaves_the_rest",
  },
  {
    invariant: 2,
    file: "Committee.sol",
    from: "2 * i + 1 < width ? level[2 * i + 1] : bytes32(0)",
    to: "2 * i + 1 < width ? level[2 * i + 1] : level[2 * i]",
    test: "testFuzz_the_head_holds_sum_weight_count_and_tree",
  },
  {
    invariant: 3,
    file: "Hub.sol",
    from: "if (checkpoint.number <= _number) revert Stale(checkpoint.number, _number);\n        if (checkpoint.epoch != _epoch) revert WrongEpoch(checkpoint.epoch, _epoch);\n        if (checkpoint.next != 0)",
    to: "if (checkpoint.number < _number) revert Stale(checkpoint.number, _number);\n        if (checkpoint.epoch != _epoch) revert WrongEpoch(checkpoint.epoch, _epoch);\n        if (checkpoint.next != 0)",
    test: "testFuzz_numbers_only_grow",
  },
  {
    invariant: 3,
    file: "Settlement.sol",
    from: "if (totals.inboxRead < progress.inboxRead || totals.inboxRead > progress.inboxCount) {",
    to: "if (totals.inboxRead > progress.inboxCount) {",
    test: "testFuzz_what_was_read_stays_read",
  },
  {
    invariant: 4,
    file: "Hub.sol",
    from: "count + RING <= last",
    to: "count + RING < last",
    test: "test_the_ring_keeps_the_last_64",
  },
  {
    invariant: 5,
    file: "Stake.sol",
    from: "        operator.stake = 0;\n        operator.slashedAt",
    to: "        operator.slashedAt",
    test: "testFuzz_the_contract_holds_what_it_owes",
  },
  {
    invariant: 6,
    file: "Stake.sol",
    from: "        _operators[last].position = position;\n",
    to: "",
    test: "testFuzz_who_leaves_is_gone_and_no_one_else",
  },
  {
    invariant: 7,
    file: "Stake.sol",
    from: "uint64 lastEpoch = IHub(HUB).preparedEpoch();\n        operator.lastEpoch = lastEpoch;",
    to: "(, uint64 lastEpoch,,) = IHub(HUB).latest();\n        operator.lastEpoch = lastEpoch;",
    test: "testFuzz_a_stake_is_free_after_its_last_epoch",
  },
  {
    invariant: 8,
    file: "Hub.sol",
    from: "if (first.kind == second.kind) return first.payload != second.payload;",
    to: "if (first.kind == second.kind) return true;",
    test: "testFuzz_what_an_honest_validator_signs_does_not_convict",
  },
  {
    invariant: 8,
    file: "Hub.sol",
    from: "if (first.slot != second.slot) return false;",
    to: "",
    test: "testFuzz_no_evidence_convicts_the_honest",
  },
  {
    invariant: 8,
    file: "BLS12381.sol",
    from: "_addTo(sum, hashToG2(messages[1], dst));",
    to: "",
    test: "testFuzz_who_signed_one_of_them_is_innocent",
  },
  {
    invariant: 9,
    file: "Settlement.sol",
    from: "if (_isOverdue(progress, reached)) revert MessageOverdue(reached);",
    to: "",
    test: "testFuzz_no_message_waits_past_its_deadline_and_a_settling",
  },
  {
    invariant: 9,
    file: "Settlement.sol",
    from: "if (totals.inboxHash != inboxHash[totals.inboxRead]) revert WrongInbox(totals.inboxRead);",
    to: "",
    test: "testFuzz_totals_with_another_inbox_are_refused",
  },
  {
    invariant: 10,
    file: "RollupTree.sol",
    from: "abi.encode(RollupId.unwrap(id), totals)",
    to: "abi.encode(uint256(0), totals)",
    test: "testFuzz_a_leaf_settles_its_own_rollup_only",
  },
  {
    invariant: 10,
    file: "RollupTree.sol",
    from: "if (index >> proof.length != 0) return 0;",
    to: "",
    test: "test_a_path_that_is_too_short_for_the_index_is_refused",
  },
  {
    invariant: 10,
    file: "Settlement.sol",
    from: "if (totals.batches <= progress.batches) revert AlreadySettled(totals.batches, progress.batches);",
    to: "if (totals.batches < progress.batches) revert AlreadySettled(totals.batches, progress.batches);",
    test: "testFuzz_totals_only_grow",
  },
  {
    invariant: 11,
    file: "Messages.sol",
    from: "block.chainid, stake, operator, keyHash",
    to: "block.chainid, stake, stake, keyHash",
    test: "testFuzz_possession_is_not_transferable",
  },
  {
    invariant: 12,
    file: "BLS12381.sol",
    from: "mstore8(add(add(xmd, 99), size), size)",
    to: "mstore8(add(add(xmd, 99), size), 43)",
    test: "test_messages_hash_to_the_points_of_the_standard",
  },
  {
    invariant: 12,
    file: "BLS12381.sol",
    from: "sub(sub(P_HI, hi), gt(lo, P_LO))",
    to: "sub(P_HI, hi)",
    test: "testFuzz_adding_and_negating_follow_the_secrets",
  },
];

/** Only those whose test is called so, or all. */
const [name = ""] = process.argv.slice(2);
const stage = new Stage("mutants", /derivatives|\/I?(Vault|Steps)\w*(\.t)?\.sol$/);
const chosen = mutants.filter(({ test }) => test.includes(name));
let missed = 0;
for (const { invariant, file, from, to, test } of chosen) {
  const path = `contracts/${file}`;
  const source = stage.read(path);
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`${file} does not have this once: ${from}`);
  stage.write(path, parts.join(to));
  const found = isFound(test);
  stage.write(path, source);
  if (!found) missed++;
  const verdict = found ? "found    " : "NOT FOUND";
  process.stdout.write(
    `${String(invariant).padStart(2)}  ${verdict}  ${file.padEnd(14)} ${test}\n`,
  );
}
process.stdout.write(`${chosen.length - missed} of ${chosen.length} found\n`);
process.exitCode = missed === 0 ? 0 : 1;

/** That the test fails, and not the compiler. */
function isFound(test: string): boolean {
  const { output } = stage.run(["test", "--match-test", `^${test}\\(`], {
    FOUNDRY_OPTIMIZER: "false",
    FOUNDRY_FUZZ_RUNS: "64",
    FOUNDRY_FUZZ_SEED: "0x1",
    FOUNDRY_CODE_SIZE_LIMIT: "100000",
  });
  if (output.includes("Compiler run failed")) throw new Error(output.slice(0, 4000));
  const isRun = /Ran \d+ tests?/.test(output) || output.includes("[FAIL");
  if (!isRun) throw new Error(`${test} was not run\n${output.slice(-4000)}`);
  return output.includes("[FAIL");
}
