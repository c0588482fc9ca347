// Who would sit in the next committee if the Hub were shown it now: the keys of all who have staked, in the order of the
// contract, which itself keeps only their hashes.

import { BoundedMap, concatBytes, toHex } from "../../base/index.ts";
import { keccak256 } from "../../crypto/index.ts";
import { limits } from "../../protocol/index.ts";
import { hubAbi, stakeAbi, topics } from "./abi.ts";
import { type Block, type Hex, readBytes, readLogs } from "./answers.ts";
import { hex } from "./calls.ts";
import { badAnswer, forEachOf, type Rpc } from "./rpc.ts";
import { toCount, wordAt } from "./words.ts";

export interface CandidatesOptions {
  readonly rpc: Rpc;
  readonly stake: Hex;
  /** The L1 block from which events are read. */
  readonly start: number;
}

const keyBytes = 96;
/** Words of a Registered before its key: where the key begins, network key, where the address begins, amount, length. */
const registeredHeadWords = 5;

export class Candidates {
  readonly #options: CandidatesOptions;
  /** By operator: a key is for life. */
  readonly #keys = new BoundedMap<Hex, Uint8Array>(4 * limits.committeeMax);

  constructor(options: CandidatesOptions) {
    this.#options = options;
  }

  /** The call that shows the Hub all who take part; undefined when nobody does. Throws the `CodedError` of `Rpc`. */
  async prepareCall(head: Block): Promise<Hex | undefined> {
    const operators = await this.#operators(head);
    if (operators.length === 0) return undefined;
    const keys = await forEachOf(operators, (operator) => this.#keyOf(operator, head));
    return hubAbi.encodeFunctionData("prepare", [hex(concatBytes(...keys))]);
  }

  async #operators(head: Block): Promise<Hex[]> {
    const data = stakeAbi.encodeFunctionData("activeOperators");
    const params = [{ to: this.#options.stake, data }, `0x${head.number.toString(16)}`];
    const bytes = await this.#options.rpc.call("eth_call", params, readBytes);
    const count = toCount(wordAt(bytes, 1)) ?? 0;
    if (toCount(wordAt(bytes, 0)) !== 32 || count > limits.committeeMax)
      throw badAnswer("a list of operators");
    return Array.from({ length: count }, (_, i) => hex(wordAt(bytes, 2 + i).subarray(12)));
  }

  async #keyOf(operator: Hex, head: Block): Promise<Uint8Array> {
    const known = this.#keys.get(operator);
    if (known !== undefined) return known;
    const { rpc, stake, start } = this.#options;
    const filter = {
      address: stake,
      topics: [topics.registered, `0x${operator.slice(2).padStart(64, "0")}`],
      fromBlock: `0x${start.toString(16)}`,
      toBlock: `0x${head.number.toString(16)}`,
    };
    const [log] = await rpc.call("eth_getLogs", [filter], readLogs);
    const from = registeredHeadWords * 32;
    const key = log?.data.slice(from, from + keyBytes);
    if (key?.length !== keyBytes || `0x${toHex(keccak256(key))}` !== log?.topics[2])
      throw badAnswer("the registration of an operator");
    this.#keys.set(operator, key);
    return key;
  }
}
