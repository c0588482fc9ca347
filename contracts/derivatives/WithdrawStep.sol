// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DenseTree} from "./DenseTree.sol";
import {Leaves} from "./Leaves.sol";
import {Lists} from "./Lists.sol";
import {Margin} from "./Margin.sol";
import {MoneySteps} from "./MoneySteps.sol";
import {Rounding} from "./Rounding.sol";
import {Views} from "./Views.sol";
import {Witness} from "./Witness.sol";

/// @title A withdrawal: signed by the owner, not gated, covered, and owed on L1 from then on
/// @notice As rollup/engine/payments.ts has it.
library WithdrawStep {
    using Witness for Witness.Run;
    using DenseTree for DenseTree.Tree;

    uint256 private constant TOKENS_MAX = 2 ** 126;
    bytes32 private constant WITHDRAW_TYPE = keccak256("Withdraw(uint128 tokenAmount,address to)");

    /// @notice Words: the list, amount, to. Leaves: the account, the markets that it is in, its open orders, and the empty place
    /// in the outbox.
    function step(Witness.Run memory run, bytes32 domain) internal pure returns (bool) {
        Lists.List memory list = Lists.read(run, domain);
        uint256 tokenAmount = run.upTo(TOKENS_MAX);
        address to = address(uint160(run.upTo(type(uint160).max)));
        if (run.isBad || tokenAmount == 0 || list.key != 0) return false;
        if (keccak256(abi.encode(WITHDRAW_TYPE, tokenAmount, to)) != list.actionHash) return false;
        if (_isClosed(run.nowOf())) return false;
        (bool isAllowed, Lists.Actor memory actor) = Lists.authorize(run, list);
        if (!isAllowed || !Lists.isBearable(run, actor)) return false;
        (actor.views, actor.areAllViews) = run.takeViews();
        actor.orders = _takeOrders(run, list, actor.account.openOrders);
        uint256 quanta = tokenAmount * Rounding.QUANTA_PER_TOKEN;
        (bool mayLeave, int256 stress) = _gateOf(actor);
        if (!mayLeave || Lists.excessOf(run, actor) - stress < int256(quanta)) return false;
        if (!_flowOut(run, quanta)) return false;
        if (!MoneySteps.addCash(actor.account, -int256(quanta))) return false;
        run.put(actor.leaf, Leaves.hash(actor.account));
        _owe(run, uint32(list.account), to, uint128(tokenAmount));
        return true;
    }

    /// @dev For all, whatever they have: while something is missing, L1 is late, or a halt is not long over.
    function _isClosed(Views.Now memory now_) private pure returns (bool) {
        Leaves.Globals memory globals = now_.globals;
        bool isRecent =
            globals.haltedBatch != 0 && now_.batch - globals.haltedBatch < now_.rollup.withdrawalGateBatches;
        return globals.shortfall != 0 || isRecent || Views.isRollupHalted(now_)
            || Views.anchorAgeMs(globals) > now_.rollup.anchorSoftMs;
    }

    function _takeOrders(Witness.Run memory run, Lists.List memory list, uint256 count)
        private
        pure
        returns (Leaves.Order[] memory orders)
    {
        orders = new Leaves.Order[](count);
        uint256 from = 0;
        for (uint256 i = 0; i < count; i++) {
            Witness.Leaf memory leaf;
            (leaf, orders[i]) = Lists.takeOrder(run, list, from);
            from = uint256(leaf.index) + 1;
        }
    }

    /// @dev By the strictest of the markets that the account has positions in; and what these would lose at the far end of the
    /// band, where a price is in doubt.
    function _gateOf(Lists.Actor memory actor) private pure returns (bool mayLeave, int256 stress) {
        Leaves.Position[] memory positions = actor.account.positions;
        bool isStressed;
        for (uint256 i = 0; i < positions.length; i++) {
            Views.View memory seen = Margin.find(actor.views, positions[i].market);
            if (seen.withdrawals == Views.Gate.CLOSED) return (false, 0);
            if (seen.withdrawals == Views.Gate.STRESSED) isStressed = true;
            uint256 notional = Rounding.abs(positions[i].lots) * seen.markUnit;
            stress += int256(Rounding.ceilDiv(notional * seen.parameters.bandPpm, Rounding.PPM));
        }
        return (true, isStressed ? stress : int256(0));
    }

    function _flowOut(Witness.Run memory run, uint256 quanta) private pure returns (bool) {
        Leaves.Globals memory globals = run.parts.globals;
        bool isNewWindow = Views.since(globals.timeMs, globals.outflowSinceMs) >= run.rollup.outflowWindowMs;
        uint256 outflow = (isNewWindow ? 0 : globals.outflow) + quanta;
        if (outflow > run.rollup.outflowMax) return false;
        if (isNewWindow) globals.outflowSinceMs = globals.timeMs;
        globals.outflow = uint128(outflow);
        globals.withdrawn += uint128(quanta);
        return true;
    }

    function _owe(Witness.Run memory run, uint32 account, address to, uint128 tokenAmount) private pure {
        uint256 index = run.parts.outbox.count;
        run.parts.outbox.grow();
        Witness.Leaf memory leaf = run.take(Witness.OUTBOX, index);
        run.put(leaf, Leaves.hash(Leaves.Withdrawal(uint64(index), account, to, tokenAmount)));
    }
}
