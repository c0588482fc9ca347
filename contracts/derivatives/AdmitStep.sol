// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DenseTree} from "./DenseTree.sol";
import {Leaves} from "./Leaves.sol";
import {Lists} from "./Lists.sol";
import {Margin} from "./Margin.sol";
import {Rounding} from "./Rounding.sol";
import {Views} from "./Views.sol";
import {Witness} from "./Witness.sol";

/// @title An order that joins the book: signed, well formed, within the caps, and covered at the worst that can come of it
/// @notice As rollup/engine/admission.ts has it, with what it cancels of its own account.
library AdmitStep {
    using Witness for Witness.Run;
    using DenseTree for DenseTree.Tree;

    uint256 private constant SCOPE_TRADE = 1;
    uint256 private constant NUMBERS_PER_LIST = 64;
    uint256 private constant FLAGS_MAX = 15;
    uint256 private constant IN_FORCE_MAX = 2;
    uint256 private constant WORD_MAX = 2 ** 53 - 1;

    bytes32 private constant GUARD_TYPE =
        keccak256("Guard(uint32 market,uint8 op,uint32 priceTicks,uint32 maxAgeMs)");
    bytes32 private constant ORDER_TYPE = keccak256(
        "Order(uint32 market,bool isBuy,uint32 priceTicks,uint64 lots,uint8 tif,uint8 flags,uint64 validUntilMs,uint64 clientId,Guard guard)Guard(uint32 market,uint8 op,uint32 priceTicks,uint32 maxAgeMs)"
    );
    bytes32 private constant REPLACE_TYPE = keccak256(
        "Replace(uint64 orderNonce,Order order)Guard(uint32 market,uint8 op,uint32 priceTicks,uint32 maxAgeMs)Order(uint32 market,bool isBuy,uint32 priceTicks,uint64 lots,uint8 tif,uint8 flags,uint64 validUntilMs,uint64 clientId,Guard guard)"
    );

    struct Request {
        bytes32 hash;
        uint256 slot;
        Leaves.Order order;
    }

    /// @notice Words: the list, whether it replaces, what it replaces, the age, the slot, then the order's market, side, price,
    /// lots, time in force, flags, validUntilMs, clientId, and its guard's market, operation, price and age. Leaves: the account,
    /// the markets that it is in and those of the order and its guard, its open orders, and the empty slot.
    /// @dev Not shown here: that a post-only order does not cross what rested before, that no cancel of its own batch names it,
    /// what a replacement has replaced and therefore its age, and that there is no lower free slot.
    function step(Witness.Run memory run, bytes32 domain) internal pure returns (bool) {
        Lists.List memory list = Lists.read(run, domain);
        Request memory request = _read(run, list);
        if (run.isBad || request.hash != list.actionHash) return false;
        (bool isAllowed, Lists.Actor memory actor) = Lists.authorize(run, list);
        if (!isAllowed || !Lists.isBearable(run, actor)) return false;
        if (list.key != 0 && !_isInScope(actor.key, request.order.market)) return false;
        if (actor.account.openOrders >= run.rollup.openOrdersMax) return false;
        (actor.views, actor.areAllViews) = run.takeViews();
        if (!Lists.hasView(actor, request.order.market)) return false;
        if (!_isFit(run, actor, request.order)) return false;
        (bool mayCross, uint32 crossed) = _takeOrders(run, list, actor, request.order);
        if (!mayCross || !_isBorne(run, actor, request.order)) return false;
        actor.account.openOrders = actor.account.openOrders + 1 - crossed;
        run.put(actor.leaf, Leaves.hash(actor.account));
        return _enter(run, request);
    }

    function _read(Witness.Run memory run, Lists.List memory list)
        private
        pure
        returns (Request memory request)
    {
        bool isReplacement = run.flag();
        uint256 replaced = run.upTo(WORD_MAX);
        Leaves.Order memory order = request.order;
        order.batch = uint64(run.upTo(run.parts.batch));
        request.slot = run.upTo(run.parts.orders.count);
        order.account = uint32(list.account);
        order.key = uint8(list.key);
        order.number = uint64(list.nonce * NUMBERS_PER_LIST + list.place);
        order.market = uint32(run.upTo(type(uint32).max));
        order.isBuy = run.flag();
        order.priceTicks = uint32(run.upTo(Rounding.TICKS_MAX));
        order.lots = uint64(run.upTo(Rounding.LOTS_MAX));
        order.timeInForce = uint8(run.upTo(IN_FORCE_MAX));
        order.flags = uint8(run.upTo(FLAGS_MAX));
        order.validUntilMs = uint64(run.upTo(WORD_MAX));
        order.clientId = uint64(run.upTo(WORD_MAX));
        order.guardMarket = uint32(run.upTo(type(uint32).max));
        order.guardOp = uint8(run.upTo(4));
        order.guardPriceTicks = uint32(run.upTo(Rounding.TICKS_MAX));
        order.guardMaxAgeMs = uint32(run.upTo(type(uint32).max));
        order.isDormant = order.flags & Leaves.TRIGGER != 0;
        // Only what replaces another may be older than its batch.
        if (!isReplacement && (order.batch != run.parts.batch || replaced != 0)) run.isBad = true;
        // 0 is the absence of a guard, which has one spelling.
        bool isBlank = order.guardMarket == 0 && order.guardPriceTicks == 0 && order.guardMaxAgeMs == 0;
        if (order.guardOp == 0 && !isBlank) run.isBad = true;
        bytes32 hash = _hashOf(order);
        request.hash = isReplacement ? keccak256(abi.encode(REPLACE_TYPE, replaced, hash)) : hash;
    }

    function _hashOf(Leaves.Order memory order) private pure returns (bytes32) {
        bytes32 guard = keccak256(
            abi.encode(
                GUARD_TYPE, order.guardMarket, order.guardOp, order.guardPriceTicks, order.guardMaxAgeMs
            )
        );
        return keccak256(
            abi.encode(
                ORDER_TYPE,
                order.market,
                order.isBuy,
                order.priceTicks,
                order.lots,
                order.timeInForce,
                order.flags,
                order.validUntilMs,
                order.clientId,
                guard
            )
        );
    }

    function _isInScope(Leaves.Key memory key, uint32 market) private pure returns (bool) {
        if (key.scopes & SCOPE_TRADE == 0) return false;
        if (key.markets.length == 0) return true;
        for (uint256 i = 0; i < key.markets.length; i++) {
            if (key.markets[i] == market) return true;
        }
        return false;
    }

    /// @dev In a market that takes it, of a size and a price, in time, and with a guard that holds or waits.
    function _isFit(Witness.Run memory run, Lists.Actor memory actor, Leaves.Order memory order)
        private
        pure
        returns (bool)
    {
        Views.View memory seen = Margin.find(actor.views, order.market);
        bool isReducing = order.flags & Leaves.REDUCE_ONLY != 0;
        bool isPostOnly = order.flags & Leaves.POST_ONLY != 0;
        if (!(isReducing ? seen.mayReduce : seen.mayAddRisk)) return false;
        if (seen.isPostOnly && !isPostOnly) return false;
        if (order.lots < (isReducing ? 1 : seen.parameters.orderLotsMin) || order.priceTicks == 0) {
            return false;
        }
        if (order.validUntilMs != 0 && order.validUntilMs < run.parts.globals.timeMs) return false;
        if (isPostOnly && order.timeInForce != 0) return false;
        if (order.isDormant) return order.guardOp != 0;
        return order.guardOp == 0 || _holds(run, actor, order);
    }

    /// @dev Whether the guard's price is there, young enough, and on the right side.
    function _holds(Witness.Run memory run, Lists.Actor memory actor, Leaves.Order memory order)
        private
        pure
        returns (bool)
    {
        if (!Lists.hasView(actor, order.guardMarket)) return false;
        Views.View memory seen = Margin.find(actor.views, order.guardMarket);
        if (seen.market.indexTicks == 0) return false;
        uint256 ageMs = Views.since(run.parts.globals.timeMs, seen.market.indexTimeMs);
        if (ageMs > order.guardMaxAgeMs) return false;
        uint256 price = order.guardOp <= 2 ? seen.market.indexTicks : seen.mark;
        return order.guardOp % 2 == 1 ? price >= order.guardPriceTicks : price <= order.guardPriceTicks;
    }

    /// @dev All that the account has open. What the order would meet of it goes, if the order says so.
    function _takeOrders(
        Witness.Run memory run,
        Lists.List memory list,
        Lists.Actor memory actor,
        Leaves.Order memory order
    ) private pure returns (bool mayCross, uint32 crossed) {
        uint256 count = actor.account.openOrders;
        // One place more, for the order itself.
        actor.orders = new Leaves.Order[](count + 1);
        uint256 from = 0;
        for (uint256 i = 0; i < count; i++) {
            (Witness.Leaf memory leaf, Leaves.Order memory own) = Lists.takeOrder(run, list, from);
            from = uint256(leaf.index) + 1;
            actor.orders[i] = own;
            if (!_meets(order, own)) continue;
            crossed++;
            run.put(leaf, 0);
        }
        mayCross = crossed == 0 || order.flags & Leaves.CANCEL_RESTING != 0;
    }

    function _meets(Leaves.Order memory order, Leaves.Order memory own) private pure returns (bool) {
        if (order.isDormant || own.isDormant) return false;
        if (order.market != own.market || order.isBuy == own.isBuy) return false;
        return order.isBuy ? order.priceTicks >= own.priceTicks : order.priceTicks <= own.priceTicks;
    }

    /// @dev Whether the account may have it beside all that it has open, what goes for it included.
    function _isBorne(Witness.Run memory run, Lists.Actor memory actor, Leaves.Order memory order)
        private
        pure
        returns (bool)
    {
        Views.View memory seen = Margin.find(actor.views, order.market);
        actor.orders[actor.orders.length - 1] = order;
        if (order.flags & Leaves.REDUCE_ONLY != 0) {
            return order.isDormant || _mayReduce(run, actor, seen, order);
        }
        Margin.Sums memory sums = Margin.sumsOf(seen, actor.account, actor.orders);
        uint256 worst = order.isBuy
            ? Rounding.abs(sums.lots + int256(sums.bids))
            : Rounding.abs(sums.lots - int256(sums.asks));
        if (worst > seen.parameters.positionLotsMax || sums.bids + sums.asks > Rounding.LOTS_MAX) {
            return false;
        }
        uint256 notionalMax = actor.key.maxNotional;
        if (notionalMax != 0 && worst * seen.markUnit > notionalMax) return false;
        return Lists.excessOf(run, actor) >= 0;
    }

    /// @dev Against the position, and never so that who falls short is less safe: equity over maintenance may not fall.
    function _mayReduce(
        Witness.Run memory run,
        Lists.Actor memory actor,
        Views.View memory seen,
        Leaves.Order memory order
    ) private pure returns (bool) {
        int256 held = Margin.lotsOf(actor.account, order.market);
        if (held == 0 || held > 0 == order.isBuy) return false;
        uint256 intervalMs = run.rollup.batchIntervalMs;
        Margin.Risk memory risk = Margin.riskOf(actor.views, actor.account, intervalMs);
        if (risk.equity >= int256(risk.initial) && risk.equity >= 0) return true;
        uint256 lots = Rounding.min(order.lots, Rounding.abs(held));
        int256 left = held > 0 ? held - int256(lots) : held + int256(lots);
        uint256 feeUnit = Margin.feeUnitOf(seen, seen.parameters.takerFeePpm);
        uint256 cost = Margin.adverseTicks(seen, order) * lots * seen.parameters.unit
            + Rounding.ceilDiv(lots * feeUnit, Rounding.PPM);
        uint256 maintenance = risk.maintenance - Margin.requirementOf(seen, held, intervalMs).maintenance
            + Margin.requirementOf(seen, left, intervalMs).maintenance;
        return (risk.equity - int256(cost)) * int256(risk.maintenance) >= risk.equity * int256(maintenance);
    }

    /// @dev Into its slot, which is free by now.
    function _enter(Witness.Run memory run, Request memory request) private pure returns (bool) {
        if (request.slot == run.parts.orders.count) run.parts.orders.grow();
        Witness.Leaf memory leaf = run.take(Witness.ORDERS, request.slot);
        if (leaf.content.length != 0) return false;
        run.put(leaf, Leaves.hash(request.order));
        return true;
    }
}
