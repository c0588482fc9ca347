// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DenseTree} from "./DenseTree.sol";
import {Leaves} from "./Leaves.sol";
import {Margin} from "./Margin.sol";
import {Positions} from "./Positions.sol";
import {Rounding} from "./Rounding.sol";
import {Views} from "./Views.sol";
import {Witness} from "./Witness.sol";
import {ISteps, IVaultMessages} from "../interfaces/ISteps.sol";

/// @title Deposits and fills
/// @notice What changes cash and positions as rollup/engine/system.ts, matching.ts and positions.ts do.
library MoneySteps {
    using Witness for Witness.Run;
    using DenseTree for DenseTree.Tree;

    uint256 private constant ACCOUNTS_MAX = 2 ** 32 - 1;

    /// @notice Words: account, owner, subId, amount. Leaves: the account, or where it is to be.
    /// @dev Not shown here: that a new account's owner has none yet.
    function deposit(Witness.Run memory run) internal view returns (bool) {
        uint256 index = run.upTo(ACCOUNTS_MAX - 1);
        address owner = address(uint160(run.upTo(type(uint160).max)));
        uint16 subId = uint16(run.upTo(type(uint16).max));
        uint96 amount = uint96(run.upTo(type(uint96).max));
        Leaves.Globals memory globals = run.parts.globals;
        if (run.isBad || amount == 0 || index > run.parts.accounts.count) return false;
        bytes32 hash = keccak256(abi.encodePacked(uint8(0), owner, subId, amount));
        if (hash != IVaultMessages(msg.sender).messageDataHash(globals.l1Index)) return false;
        bool isNew = index == run.parts.accounts.count;
        if (isNew) run.parts.accounts.grow();
        Witness.Leaf memory leaf = run.take(Witness.ACCOUNTS, index);
        Leaves.Account memory account;
        if (isNew) {
            account.owner = owner;
            account.subId = subId;
        } else {
            account = Witness.toAccount(leaf);
        }
        if (account.owner != owner || account.subId != subId) return false;
        uint256 quanta = amount * Rounding.QUANTA_PER_TOKEN;
        if (!addCash(account, int256(quanta))) return false;
        globals.deposited += uint128(quanta);
        globals.l1Index++;
        run.put(leaf, Leaves.hash(account));
        return true;
    }

    struct Trade {
        uint256 lots;
        uint256 priceTicks;
        uint256 fee;
    }

    /// @notice Words: slot, lots, price. Leaves: the order, its account, the market, and the account that takes the fee when
    /// there is one.
    /// @dev Not shown here: that the price is the auction's, that no better order was passed over, that shares are in
    /// proportion, and that the other side traded as much.
    function fill(Witness.Run memory run) internal pure returns (bool) {
        uint256 slot = run.upTo(type(uint32).max);
        Trade memory trade;
        trade.lots = run.upTo(Rounding.LOTS_MAX);
        trade.priceTicks = run.upTo(Rounding.TICKS_MAX);
        if (run.isBad || slot >= run.parts.orders.count) return false;
        Witness.Leaf memory orderLeaf = run.take(Witness.ORDERS, slot);
        if (orderLeaf.content.length == 0) return false;
        Leaves.Order memory order = abi.decode(orderLeaf.content, (Leaves.Order));
        Witness.Leaf memory accountLeaf = run.take(Witness.ACCOUNTS, order.account);
        Leaves.Account memory account = Witness.toAccount(accountLeaf);
        Views.View memory seen = run.toView(run.takeAny(Witness.MARKETS));
        if (seen.market.id != order.market) revert ISteps.BadWitness();
        if (!_mayFill(seen, order, account, trade)) return false;
        trade.fee = _feeOf(run, seen, order, trade);
        if (!_trade(seen, account, order.isBuy, trade)) return false;
        order.lots -= uint64(trade.lots);
        if (order.lots == 0) account.openOrders--;
        run.put(orderLeaf, order.lots == 0 ? bytes32(0) : Leaves.hash(order));
        run.put(accountLeaf, Leaves.hash(account));
        return trade.fee == 0 || _credit(run, order.isLiquidation ? Leaves.INSURANCE : Leaves.FEES, trade.fee);
    }

    /// @dev Inside the band and the limit, no more than is left, and to reduce only where it says so.
    function _mayFill(
        Views.View memory seen,
        Leaves.Order memory order,
        Leaves.Account memory account,
        Trade memory trade
    ) private pure returns (bool) {
        if (!seen.isAuctionDue || order.isDormant) return false;
        if (trade.lots == 0 || trade.lots > order.lots) return false;
        if (trade.priceTicks < seen.low || trade.priceTicks > seen.high) return false;
        bool isWithin =
            order.isBuy ? trade.priceTicks <= order.priceTicks : trade.priceTicks >= order.priceTicks;
        if (!isWithin || order.flags & Leaves.REDUCE_ONLY == 0) return isWithin;
        int256 lots = Margin.lotsOf(account, order.market);
        return lots != 0 && lots > 0 != order.isBuy && trade.lots <= Rounding.abs(lots);
    }

    function _feeOf(
        Witness.Run memory run,
        Views.View memory seen,
        Leaves.Order memory order,
        Trade memory trade
    ) private pure returns (uint256) {
        Leaves.MarketParameters memory p = seen.parameters;
        bool isMaker = order.batch < run.parts.batch || order.flags & Leaves.POST_ONLY != 0;
        uint256 feePpm = order.isLiquidation ? p.liquidationFeePpm : isMaker ? p.makerFeePpm : p.takerFeePpm;
        return Rounding.ceilDiv(trade.lots * trade.priceTicks * p.unit * feePpm, Rounding.PPM);
    }

    /// @dev Funding is settled up to here, then the position takes the lots. False when a number leaves its width.
    function _trade(Views.View memory seen, Leaves.Account memory account, bool isBuy, Trade memory trade)
        private
        pure
        returns (bool)
    {
        int128 fundingIndex = seen.market.fundingIndex;
        (uint256 place, Leaves.Position memory position) = Positions.find(account, seen.market.id);
        int256 before = position.lots;
        int256 owed = before * (int256(fundingIndex) - position.fundingIndex);
        int256 lots = isBuy ? int256(trade.lots) : -int256(trade.lots);
        uint256 quote = trade.lots * trade.priceTicks * seen.parameters.unit;
        uint256 entryQuote = Positions.entryAfter(position, lots, quote);
        if (entryQuote > type(uint128).max) return false;
        Positions.put(
            account,
            place,
            Leaves.Position(seen.market.id, int64(before + lots), fundingIndex, uint128(entryQuote))
        );
        return addCash(account, (isBuy ? -int256(quote) : int256(quote)) - owed - int256(trade.fee));
    }

    /// @dev To one of the house's own accounts.
    function _credit(Witness.Run memory run, uint256 index, uint256 quanta) private pure returns (bool) {
        Witness.Leaf memory leaf = run.take(Witness.ACCOUNTS, index);
        Leaves.Account memory account = Witness.toAccount(leaf);
        if (!addCash(account, int256(quanta))) return false;
        run.put(leaf, Leaves.hash(account));
        return true;
    }

    function addCash(Leaves.Account memory account, int256 quanta) internal pure returns (bool) {
        int256 cash = account.cash + quanta;
        if (cash > type(int128).max || cash < type(int128).min) return false;
        account.cash = int128(cash);
        return true;
    }
}
