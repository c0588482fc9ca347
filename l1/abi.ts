// The parts of the contracts that validators and rollups call, as in contracts/interfaces. The tests hold them against
// what the compiler made.

import { Interface } from "ethers";

export const hubAbi: Interface = new Interface([
  "function STAKE() view returns (address)",
  "function latest() view returns (uint64 number, uint64 epoch, uint32 count, uint64 lastAt)",
  "function endedAt(uint64 epoch) view returns (uint64)",
]);

export const stakeAbi: Interface = new Interface([
  "function register(bytes key, bytes possession, bytes32 networkKey, string multiaddr, uint96 amount)",
  "function addStake(uint96 amount)",
  "function exit()",
  "function claim() returns (uint256 amount)",
  "function withdraw()",
  "function operatorOf(address operator) view returns (bytes32 keyHash, uint96 stake, bool isActive)",
  "function activeOperators() view returns (address[])",
  "function TOKEN() view returns (address)",
  "function STAKE_MIN() view returns (uint96)",
  "function UNBONDING() view returns (uint64)",
  "event Registered(address indexed operator, bytes32 indexed keyHash, bytes key, bytes32 networkKey, string multiaddr, uint96 amount)",
  "event StakeAdded(address indexed operator, uint96 amount, uint96 total)",
  "function delegate(address operator, uint96 amount, uint16 commissionMost)",
  "function undelegate(address operator, uint96 amount)",
  "function withdrawDelegation(address operator)",
  "function claimDelegation(address operator) returns (uint256 amount)",
  "function setCommission(uint16 commission)",
  "function poolOf(address operator) view returns (uint96 delegated, uint16 commission, uint16 nextCommission, uint64 nextFrom)",
  "function delegationOf(address operator, address delegator) view returns (uint96 staying, uint96 leaving, uint64 lastEpoch)",
  "event Claimed(address indexed operator, address indexed who, uint256 amount)",
  "event Delegated(address indexed operator, address indexed delegator, uint96 amount)",
  "event Undelegated(address indexed operator, address indexed delegator, uint96 amount, uint64 lastEpoch)",
  "event DelegationWithdrawn(address indexed operator, address indexed delegator, uint96 amount)",
  "event CommissionSet(address indexed operator, uint16 commission, uint64 fromEpoch)",
  "event Exited(address indexed operator, uint64 lastEpoch)",
  "event Withdrawn(address indexed operator, uint96 amount)",
]);

export const rollupsAbi: Interface = new Interface([
  "function subscribe(address settlement, address owner, uint256 policy) returns (uint32)",
  "function fund(uint32 id, uint256 amount)",
  "function setPolicy(uint32 id, uint256 policy)",
  "function setReserve(uint32 id, uint32 feePerByte)",
  "function setTreasury(uint32 id, address treasury)",
  "function unsubscribe(uint32 id)",
  "function withdraw(uint32 id) returns (uint256 amount)",
  "function count() view returns (uint32)",
  "function accountOf(uint32 id) view returns (uint64 funded, uint64 spent, uint64 earned, uint64 withdrawn)",
  "function termsOf(uint32 id) view returns (uint32 reserve, address treasury, uint64 leftAt, bool isClosed)",
  "function rollupOf(uint32 id) view returns (address settlement, address owner, uint256 policy, uint256 funded)",
  "function TOKEN() view returns (address)",
  "event Subscribed(uint32 indexed id, address indexed settlement, address indexed owner, uint256 policy)",
  "event PolicySet(uint32 indexed id, uint256 policy)",
  "event ReserveSet(uint32 indexed id, uint32 feePerByte)",
  "event TreasurySet(uint32 indexed id, address indexed treasury)",
  "event Left(uint32 indexed id, uint64 withdrawableFrom)",
  "event Withdrawn(uint32 indexed id, address indexed treasury, uint256 amount)",
  "event Funded(uint32 indexed id, address indexed from, uint256 amount, uint256 total)",
]);

export const settlementAbi: Interface = new Interface([
  "constructor(address hub, address rollups, address owner, uint256 policy, uint64 hubDelay)",
  "function settled() view returns (uint64 batches, uint64 inboxRead, uint64 inboxCount, bytes32 batchesHash)",
  "function hub() view returns (address)",
]);

export const tokenAbi: Interface = new Interface([
  "function approve(address spender, uint256 amount) returns (bool)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function balanceOf(address owner) view returns (uint256)",
  "function decimals() view returns (uint8)",
]);

/** Whose events are shown. */
export const abis: readonly Interface[] = [stakeAbi, rollupsAbi];
