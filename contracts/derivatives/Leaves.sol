// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Of an account: `lots` is not zero, and the markets ascend.
struct Position {
    uint32 market;
    int64 lots;
    int128 fundingIndex;
    uint128 entryQuote;
}

/// @notice Money is in quanta, a millionth of the token's smallest unit.
struct Account {
    address owner;
    uint16 subId;
    int128 cash;
    uint64 liquidatedSinceMs;
    uint32 openOrders;
    bytes32 keysHash;
    bytes32 windowsHash;
    Position[] positions;
}

/// @notice Under an account's `keysHash`, which is zero without any, ascending by place.
struct Key {
    uint8 place;
    address signer;
    uint8 scopes;
    uint64 expiryMs;
    uint128 maxNotional;
    uint32[] markets;
}

/// @notice Under an account's `windowsHash`, which is zero without any, ascending by place.
struct Window {
    uint8 place;
    uint64 top;
    uint256 used;
}

struct Order {
    uint32 account;
    uint32 market;
    uint64 number;
    bool isBuy;
    uint32 priceTicks;
    uint8 timeInForce;
    uint8 flags;
    uint64 validUntilMs;
    uint64 clientId;
    uint32 guardMarket;
    uint8 guardOp;
    uint32 guardPriceTicks;
    uint32 guardMaxAgeMs;
    uint8 key;
    bool isLiquidation;
    uint64 lots;
    uint64 batch;
    bool isDormant;
}

struct Tier {
    uint128 notionalMax;
    uint64 initialPpm;
    uint64 maintenancePpm;
}

/// @param bufferMode 0 off, 1 restrict, 2 delever.
struct MarketParameters {
    uint128 unit;
    uint64 bandPpm;
    uint64 moveCapPpm;
    uint64 takerFeePpm;
    uint64 makerFeePpm;
    uint64 liquidationFeePpm;
    uint64 auctionEvery;
    uint64 orderLotsMin;
    uint64 positionLotsMax;
    uint64 openLotsMax;
    uint64 openLotsScale;
    uint8 bufferMode;
    uint64 bufferMilliSigmas;
    uint64 bufferPpmMax;
    uint64 participationPpm;
    uint64 depthLotsMin;
    uint128 smallNotional;
    uint64 liquidationSpreadPpm;
    int64 interestPpb;
    uint64 fundingCapPpb;
    uint64 reporters;
    uint64 reporterQuorum;
    uint64 jumpPpmMin;
    uint128 takeoverNotionalMax;
    Tier[] tiers;
}

/// @param resumedBatch Zero while a halt lasts.
struct Market {
    uint32 id;
    bytes32 parametersHash;
    uint32 indexTicks;
    uint64 indexTimeMs;
    uint32 confidencePpm;
    uint32 candidateTicks;
    uint64 candidateTimeMs;
    uint32 confirmationsLeft;
    uint32 markTicks;
    int64 basis;
    uint32 lastAuctionTicks;
    uint64 variance;
    int128 fundingIndex;
    int128 premiumSum;
    uint64 premiumCount;
    uint64 staleMs;
    uint64 openLots;
    uint64 bidDepth;
    uint64 askDepth;
    uint64 resumedBatch;
}

/// @notice A leaf of the outbox, which only grows: `index` counts over the rollup's life.
struct Withdrawal {
    uint64 index;
    uint32 account;
    address to;
    uint128 tokenAmount;
}

/// @param l1Index The vault's next message.
/// @param sumPositiveEquity Over the accounts that are worth more than nothing at the marks, funding included.
struct Globals {
    bytes32 parametersHash;
    uint64 timeMs;
    uint64 l1Index;
    uint64 l1TimeMs;
    uint64 l1HeardMs;
    uint64 anchoredBatch;
    uint64 anchoredTimeMs;
    uint128 deposited;
    uint128 withdrawn;
    uint128 shortfall;
    uint64 haltedBatch;
    uint64 outflowSinceMs;
    uint128 outflow;
    uint64 takeoverDay;
    uint128 takeoverUsed;
    uint128 sumPositiveEquity;
}

/// @notice What a state root is the hash of.
struct StateParts {
    uint64 batch;
    bytes32 accounts;
    bytes32 orders;
    bytes32 markets;
    bytes32 series;
    bytes32 outbox;
    bytes32 globals;
}

/// @title The state of a derivatives rollup as L1 knows it: leaves, and the root over their trees
/// @notice A leaf is the hash of its structure's ABI encoding; zero is a leaf that is not there.
library Leaves {
    uint256 private constant VERSION = 1;

    function rootOf(uint256 rollupId, StateParts memory parts) internal pure returns (bytes32) {
        return keccak256(abi.encode(VERSION, rollupId, parts));
    }
}
