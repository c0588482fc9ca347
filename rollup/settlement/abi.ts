// The parts of the contracts that whoever settles the rollup, or has money in it, calls. The tests hold them against what the
// compiler made.

import { Interface } from "ethers";

const chunk = "tuple(uint64 batch, uint8 kind, bytes32 post, bytes steps)";
const parts =
  "tuple(uint64 batch, bytes32 accounts, bytes32 orders, bytes32 markets, bytes32 series, bytes32 outbox, bytes32 globals)";
const withdrawal = "tuple(uint64 index, uint32 account, address to, uint128 tokenAmount)";
const proposal =
  "tuple(bytes32 root, bytes32 trace, address proposer, uint40 proposedAt, uint56 batch)";
const globals =
  "tuple(bytes32 parametersHash, uint64 timeMs, uint64 l1Index, uint64 l1TimeMs, uint64 l1HeardMs, uint64 anchoredBatch, uint64 anchoredTimeMs, uint128 deposited, uint128 withdrawn, uint128 shortfall, uint64 haltedBatch, uint64 outflowSinceMs, uint128 outflow, uint64 takeoverDay, uint128 takeoverUsed, uint128 sumPositiveEquity)";
const market =
  "tuple(uint32 id, bytes32 parametersHash, uint32 indexTicks, uint64 indexTimeMs, uint32 confidencePpm, uint32 candidateTicks, uint64 candidateTimeMs, uint32 confirmationsLeft, uint32 markTicks, int64 basis, uint32 lastAuctionTicks, uint64 variance, int128 fundingIndex, int128 premiumSum, uint64 premiumCount, uint64 staleMs, uint64 openLots, uint64 bidDepth, uint64 askDepth, uint64 resumedBatch)";
const tiers = "tuple(uint128 notionalMax, uint64 initialPpm, uint64 maintenancePpm)[] tiers";
const parameters = `tuple(uint128 unit, uint64 bandPpm, uint64 moveCapPpm, uint64 takerFeePpm, uint64 makerFeePpm, uint64 liquidationFeePpm, uint64 auctionEvery, uint64 orderLotsMin, uint64 positionLotsMax, uint64 openLotsMax, uint64 openLotsScale, uint8 bufferMode, uint64 bufferMilliSigmas, uint64 bufferPpmMax, uint64 participationPpm, uint64 depthLotsMin, uint128 smallNotional, uint64 liquidationSpreadPpm, int64 interestPpb, uint64 fundingCapPpb, uint64 reporters, uint64 reporterQuorum, uint64 jumpPpmMin, uint128 takeoverNotionalMax, ${tiers})`;
const position = "tuple(uint32 market, int64 lots, int128 fundingIndex, uint128 entryQuote)";
const account = `tuple(address owner, uint16 subId, int128 cash, uint64 liquidatedSinceMs, uint32 openOrders, bytes32 keysHash, bytes32 windowsHash, ${position}[] positions)`;
const place = "tuple(uint256 index, uint256 count, bytes32[] proof)";

export const vaultAbi: Interface = new Interface([
  "function deposit(uint16 subId, uint96 amount) returns (uint64 number)",
  "function depositFor(address owner, uint16 subId, uint96 amount) returns (uint64 number)",
  `function propose(bytes32 parent, uint64 batch, bytes32 root, ${chunk}[] chunks) returns (uint256 index)`,
  `function challenge(uint256 index, bytes32[] chunkHashes, uint256 place, ${chunk} chunk, ${chunk} before, bytes witness)`,
  "function veto(uint256 index)",
  "function takeBonds() returns (uint256 amount)",
  `function withdraw(uint256 index, ${parts} parts, ${withdrawal} withdrawal, uint256 count, bytes32[] proof)`,
  `function freeze(${parts} parts, ${globals} globals)`,
  `function mark(${parts} parts, ${market} market, ${parameters} parameters, ${place} place)`,
  `function exit(${parts} parts, ${account} account, ${place} place) returns (uint96 amount)`,
  "function refund(uint64 number, address owner, uint16 subId, uint96 amount)",
  "function proposals() view returns (uint256)",
  `function proposalAt(uint256 index) view returns (${proposal})`,
  "function lastFinal() view returns (uint256 index)",
  "function bondOf(address proposer) view returns (uint256)",
  "function isPaid(uint64 index) view returns (bool)",
  "function SETTLEMENT() view returns (address)",
  "function TOKEN() view returns (address)",
  "function terms() view returns (tuple(address owner, address guardian, uint96 bond, uint40 challengeWindow, uint40 escapeDelay, uint40 timelock, uint40 outflowWindow, uint96 outflowMax))",
  "event Deposited(address indexed owner, uint16 indexed subId, uint64 indexed number, address from, uint96 amount)",
  "event Proposed(uint256 indexed index, uint64 indexed batch, address indexed proposer, bytes32 root, bytes32 trace)",
  "event Convicted(uint256 indexed index, uint256 chunk, address indexed proposer, address indexed challenger)",
  "event Withdrawn(uint64 indexed index, address indexed to, uint96 amount)",
  "event Frozen(uint256 indexed index, uint96 pool, uint128 positiveEquity, uint64 refundFrom)",
  "error Reentered()",
  "error NoAddress()",
  "error NoAmount()",
  "error NotAllowed(address caller, address wanted)",
  "error IsFrozen()",
  "error NotFrozen()",
  "error NotDirect(address caller)",
  "error NotSettled(uint64 batch, uint64 settled)",
  "error NotLater(uint64 batch, uint64 last)",
  "error NotLast(bytes32 parent, bytes32 last)",
  "error BadChunks()",
  "error TooMany()",
  "error NotPending(uint256 index)",
  "error NotFinal(uint256 index)",
  "error NotItsTrace()",
  "error NoLie()",
  "error NotInState()",
  "error AlreadyPaid()",
  "error OutflowExceeded(uint256 amount, uint64 from)",
  "error TooEarly()",
  "error NothingToPay()",
  "error NotMarked(uint32 market)",
]);

export const settlementAbi: Interface = new Interface([
  "function settled() view returns (uint64 batches, uint64 inboxRead, uint64 inboxCount, bytes32 batchesHash)",
  "error HasEscaped()",
]);

export const tokenAbi: Interface = new Interface([
  "function approve(address spender, uint256 amount) returns (bool)",
  "function balanceOf(address owner) view returns (uint256)",
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
]);

export const stepsAbi: Interface = new Interface([
  "error BadWitness()",
  "error NotProvable(uint8 kind)",
]);
