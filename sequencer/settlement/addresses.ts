// Where validators are reached, as they said on L1 when they registered. A node that joins finds the others by it, and
// they find it: genesis knows nobody who came later.

import { fromHex, toHex } from "../../base/index.ts";
import { g1Uncompressed, keccak256 } from "../../crypto/index.ts";
import type { Member } from "../../protocol/index.ts";
import { topics } from "./abi.ts";
import { type Hex, type Log, readLogs } from "./answers.ts";
import type { Rpc } from "./rpc.ts";
import { toCount, wordAt } from "./words.ts";

export interface AddressesOptions {
  readonly rpc: Rpc;
  readonly stake: Hex;
  /** The L1 block from which events are read. */
  readonly start: number;
}

/** Words of a Registered before what is of no fixed length: places of key and address, network key, amount. */
const networkKeyWord = 1;
const addressPlaceWord = 2;
/** As long as a multiaddress of a host by its longest name is, and more. */
const addressBytesMax = 512;

/**
 * The multiaddresses of those of the members who have registered, by network key in hex: whatever they wrote, as text of
 * a bounded length. Throws the `CodedError` of `Rpc`.
 */
export async function registeredAddresses(
  members: readonly Pick<Member, "publicKey">[],
  { rpc, stake, start }: AddressesOptions,
): Promise<Map<string, string>> {
  const keyHashes = members.flatMap(({ publicKey }) => {
    const key = g1Uncompressed(publicKey);
    return key === undefined ? [] : [`0x${toHex(keccak256(key))}`];
  });
  if (keyHashes.length === 0) return new Map();
  const filter = {
    address: stake,
    topics: [topics.registered, null, keyHashes],
    fromBlock: `0x${start.toString(16)}`,
    toBlock: "finalized",
  };
  const logs = await rpc.call("eth_getLogs", [filter], readLogs);
  return new Map(logs.flatMap((log) => toEntry(log)));
}

function toEntry({ data }: Log): [string, string][] {
  const networkKey = toHex(wordAt(data, networkKeyWord));
  const place = toCount(wordAt(data, addressPlaceWord));
  const length = place === undefined ? undefined : toCount(data.subarray(place, place + 32));
  if (place === undefined || length === undefined || length > addressBytesMax) return [];
  const text = data.subarray(place + 32, place + 32 + length);
  if (fromHex(networkKey)?.length !== 32 || text.length !== length) return [];
  return [[networkKey, new TextDecoder().decode(text)]];
}
