import { Interface } from "ethers";

// The parts of the contracts that the node reads and calls, as in contracts/interfaces.

export const hubAbi: Interface = new Interface([
  "function finalize((uint64 number,uint64 epoch,uint64 height,bytes32 blockHash,bytes32 rollupsRoot,bytes32 next) checkpoint, bytes head, bytes absent, bytes signature)",
  "function rotate((uint64 number,uint64 epoch,uint64 height,bytes32 blockHash,bytes32 rollupsRoot,bytes32 next) checkpoint, bytes head, bytes absent, bytes signature, bytes32 committee, bytes32 sealing)",
  "function prepare(bytes keys)",
  "function convict(bytes key, uint64 epoch, (uint8 kind,uint64 slot,bytes32 payload) first, (uint8 kind,uint64 slot,bytes32 payload) second, bytes signature)",
  "function latest() view returns (uint64 number, uint64 epoch, uint32 count, uint64 lastAt)",
  "function preparableFrom() view returns (uint64)",
  "event Finalized(uint64 indexed number, uint64 indexed epoch, uint64 height, uint32 count, bytes32 blockHash, bytes32 rollupsRoot)",
  "event Prepared(uint64 indexed epoch, bytes32 committee, bytes keys, bytes networkKeys)",
  "error Stale(uint64 number, uint64 last)",
  "error WrongEpoch(uint64 epoch, uint64 current)",
  "error HandsOver(bytes32 next)",
  "error UnknownCommittee(bytes32 next)",
  "error TooEarly(uint64 from)",
  "error BadCommittee()",
  "error BadSigners()",
  "error NoQuorum(uint256 weight, uint256 total)",
  "error BadSignature()",
  "error NoRoot(uint32 count)",
  "error NotConflicting()",
  "error UnknownKey(bytes32 keyHash)",
]);

export const stakeAbi: Interface = new Interface([
  "function activeOperators() view returns (address[])",
  "event Registered(address indexed operator, bytes32 indexed keyHash, bytes key, bytes32 networkKey, string multiaddr, uint96 amount)",
  "error WrongMembers(uint256 index)",
  "error NothingToSlash(address operator)",
]);

export const settlementAbi: Interface = new Interface([
  "function settle(uint32 count, (uint64 batches,uint64 inboxRead,uint64 spent,uint64 earned,bytes32 batchesHash,bytes32 inboxHash) totals, bytes32[] proof)",
  "function settled() view returns (uint64 batches, uint64 inboxRead, uint64 inboxCount, bytes32 batchesHash)",
  "event Settled(uint64 indexed batches, uint64 inboxRead, uint32 count, bytes32 batchesHash)",
  "event InboxMessage(uint32 indexed rollupId, uint64 indexed index, address sender, uint64 timestamp, bytes data)",
]);

export const bundleAbi: Interface = new Interface([
  "function post(address hub, ((uint64 number,uint64 epoch,uint64 height,bytes32 blockHash,bytes32 rollupsRoot,bytes32 next) checkpoint, bytes head, bytes absent, bytes signature, bytes32 committee, bytes32 sealing) anchor, (address settlement, (uint64 batches,uint64 inboxRead,uint64 spent,uint64 earned,bytes32 batchesHash,bytes32 inboxHash) totals, bytes32[] proof)[] items, address rollups, (uint32 id, (uint64 batches,uint64 inboxRead,uint64 spent,uint64 earned,bytes32 batchesHash,bytes32 inboxHash) totals, bytes32[] proof)[] collections, address poster) returns (uint256 done)",
  "function settle(uint32 count, (address settlement, (uint64 batches,uint64 inboxRead,uint64 spent,uint64 earned,bytes32 batchesHash,bytes32 inboxHash) totals, bytes32[] proof)[] items) returns (uint256 done)",
  "error NotEnoughGas()",
]);

export const rollupsAbi: Interface = new Interface([
  "function accountOf(uint32 id) view returns (uint64 funded, uint64 spent, uint64 earned, uint64 withdrawn)",
  "event Subscribed(uint32 indexed id, address indexed settlement, address indexed owner, uint256 policy)",
  "event Funded(uint32 indexed id, address indexed from, uint256 amount, uint256 total)",
  "event PolicySet(uint32 indexed id, uint256 policy)",
  "event ReserveSet(uint32 indexed id, uint32 feePerByte)",
  "event Left(uint32 indexed id, uint64 withdrawableFrom)",
]);

/** The first topic of each event: the hash of its signature. */
export const topics: Readonly<
  Record<
    | "subscribed"
    | "funded"
    | "policySet"
    | "reserveSet"
    | "left"
    | "inboxMessage"
    | "finalized"
    | "prepared"
    | "registered"
    | "settled",
    string
  >
> = {
  subscribed: topicOf(rollupsAbi, "Subscribed"),
  funded: topicOf(rollupsAbi, "Funded"),
  policySet: topicOf(rollupsAbi, "PolicySet"),
  reserveSet: topicOf(rollupsAbi, "ReserveSet"),
  left: topicOf(rollupsAbi, "Left"),
  inboxMessage: topicOf(settlementAbi, "InboxMessage"),
  finalized: topicOf(hubAbi, "Finalized"),
  prepared: topicOf(hubAbi, "Prepared"),
  registered: topicOf(stakeAbi, "Registered"),
  settled: topicOf(settlementAbi, "Settled"),
};

function topicOf(abi: Interface, event: string): string {
  return abi.getEvent(event)?.topicHash ?? "";
}
