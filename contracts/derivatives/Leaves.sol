// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What a derivatives rollup's state is made of, and how it is hashed
/// @notice A leaf is the hash of one of these structs, a missing one is zero. rollup/state/ makes the same bytes. Prices are in
/// ticks, sizes in lots, money in quanta of 1e-12 of the token's unit, times in milliseconds.
library Leaves {
    /// @dev Only those with a size, ascending by market.
    struct Position {
        uint32 market;
        int64 lots;
        int128 fundingIndex;
        uint128 entryQuote;
    }

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

    /// @dev A session key, ascending by place in its account; without markets it is for all of them.
    struct Key {
        uint8 place;
        address signer;
        uint8 scopes;
        uint64 expiryMs;
        uint128 maxNotional;
        uint32[] markets;
    }

    /// @dev A guard of operation 0 is none.
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

    /// @dev A buffer's mode is 0 off, 1 restrict, 2 delever.
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

    /// @dev `resumedBatch` is 0 while the market is halted.
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

    struct RollupParameters {
        uint64 batchIntervalMs;
        uint64 openOrdersMax;
        uint64 anchorGraceMs;
        uint64 anchorSoftMs;
        uint64 anchorHardMs;
        uint64 restartBatches;
        uint64 withdrawalGateBatches;
        uint64 outflowWindowMs;
        uint128 outflowMax;
        uint128 takeoverPerDayMax;
        uint64 deleveragedMax;
    }

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

    /// @dev Owed on L1; `index` counts over the rollup's life, and is the leaf's place in the outbox.
    struct Withdrawal {
        uint64 index;
        uint32 account;
        address to;
        uint128 tokenAmount;
    }

    /// @notice Account 0 is the insurance fund, 1 takes the fees; traders follow.
    uint256 internal constant INSURANCE = 0;
    uint256 internal constant FEES = 1;
    uint256 internal constant TRADERS = 2;

    /// @notice Bits of an order's flags.
    uint256 internal constant POST_ONLY = 1;
    uint256 internal constant REDUCE_ONLY = 2;
    uint256 internal constant TRIGGER = 4;
    uint256 internal constant CANCEL_RESTING = 8;

    uint256 private constant VERSION = 1;

    function hash(Account memory account) internal pure returns (bytes32) {
        return keccak256(abi.encode(account));
    }

    function hash(Order memory order) internal pure returns (bytes32) {
        return keccak256(abi.encode(order));
    }

    function hash(Market memory market) internal pure returns (bytes32) {
        return keccak256(abi.encode(market));
    }

    function hash(Globals memory globals) internal pure returns (bytes32) {
        return keccak256(abi.encode(globals));
    }

    function hash(Withdrawal memory withdrawal) internal pure returns (bytes32) {
        return keccak256(abi.encode(withdrawal));
    }

    /// @notice The root of a rollup's state after a batch, or inside it.
    function stateRoot(
        uint256 rollupId,
        uint256 batch,
        bytes32 accounts,
        bytes32 orders,
        bytes32 markets,
        bytes32 series,
        bytes32 outbox,
        bytes32 globals
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(VERSION, rollupId, batch, accounts, orders, markets, series, outbox, globals)
        );
    }
}
