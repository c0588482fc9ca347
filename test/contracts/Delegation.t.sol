// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStake} from "../../contracts/interfaces/IStake.sol";
import {StakeTest} from "./support/StakeTest.sol";

/// @notice Others stake on an operator: they earn less its commission, wait as it does, and lose with it.
contract DelegationTest is StakeTest {
    address private constant PAYER = address(0xfee);
    address private constant ANN = address(0xa22);
    address private constant BEN = address(0xbe2);
    address private constant REPORTER = address(0xbe11);
    address private constant BURNT = address(0xdead);

    // Amounts are such that all sums of stakes here divide them.

    function setUp() external {
        open();
        for (uint256 i = 0; i < 5; i++) {
            register(operatorAt(i), STAKE_MIN);
        }
        fund(PAYER, 1e30);
        fund(ANN, 1e15);
        fund(BEN, 1e15);
        nextEpoch();
    }

    function test_a_delegation_earns_from_the_next_epoch_less_the_commission() external {
        _setCommission(1000);
        vm.expectEmit();
        emit IStake.Delegated(operatorAt(0), ANN, 4 * STAKE_MIN);
        _delegate(ANN, 4 * STAKE_MIN);
        _delegate(BEN, STAKE_MIN);
        _reward(500e9);
        assertEq(_claimDelegation(ANN), 0);
        assertEq(_claim(0), 100e9);
        nextEpoch();
        _reward(1000e9);
        vm.expectEmit();
        emit IStake.Claimed(operatorAt(0), ANN, 360e9);
        assertEq(_claimDelegation(ANN), 360e9);
        assertEq(_claimDelegation(BEN), 90e9);
        assertEq(_claim(0), 100e9 + 40e9 + 10e9);
        assertEq(_claim(1), 100e9 + 100e9);
        assertEq(_claimDelegation(PAYER), 0);
    }

    function test_who_comes_over_many_epochs_has_its_own_beginning() external {
        _delegate(ANN, 5 * STAKE_MIN);
        nextEpoch();
        _delegate(BEN, 10 * STAKE_MIN);
        _reward(100e9);
        nextEpoch();
        nextEpoch();
        _reward(200e9);
        _delegate(ANN, 20 * STAKE_MIN);
        nextEpoch();
        _reward(400e9);
        assertEq(_claimDelegation(ANN), 50e9 + 50e9 + 250e9);
        assertEq(_claimDelegation(BEN), 100e9 + 100e9);
        assertEq(_claim(0), (20e9 + 10e9 + 10e9 + 10e9) - 20e9);
    }

    function test_a_commission_is_bounded_and_moves_in_announced_steps() external {
        vm.expectRevert(abi.encodeWithSelector(IStake.CommissionTooHigh.selector, uint16(2001), uint16(2000)));
        _setCommission(2001);
        vm.expectEmit();
        emit IStake.CommissionSet(operatorAt(0), 2000, 1);
        _setCommission(2000);
        _setCommission(900);
        _delegate(ANN, 5 * STAKE_MIN);
        _tooLarge(1001, 101);
        _tooLarge(799, 101);
        vm.expectEmit();
        emit IStake.CommissionSet(operatorAt(0), 1000, 3);
        _setCommission(1000);
        vm.expectRevert(abi.encodeWithSelector(IStake.CommissionAnnounced.selector, uint64(3)));
        _setCommission(1000);
        (uint96 delegated, uint16 commission, uint16 next, uint64 from) = stake.poolOf(operatorAt(0));
        assertEq(delegated, 5 * STAKE_MIN);
        assertEq(commission, 900);
        assertEq(next, 1000);
        assertEq(from, 3);

        nextEpoch();
        _reward(1000e9);
        nextEpoch();
        // Nobody has touched the pool since, and yet each income is at the commission of its time.
        _reward(1000e9);
        assertEq(_claimDelegation(ANN), 455e9 + 450e9);
        assertEq(_claim(0), 100e9 + 45e9 + 100e9 + 50e9);
        _setCommission(900);
        nextEpoch();
        nextEpoch();
        _reward(1000e9);
        assertEq(_claimDelegation(ANN), 455e9);
    }

    function test_who_delegates_says_what_commission_is_fine() external {
        _setCommission(500);
        _tooHigh(500, 499);
        _delegate(ANN, STAKE_MIN);
        _setCommission(600);
        _tooHigh(600, 599);
        vm.prank(BEN);
        stake.delegate(operatorAt(0), STAKE_MIN, 600);
        nextEpoch();
        nextEpoch();
        _setCommission(500);
        // What holds now and what has been announced, whichever is more.
        _tooHigh(600, 599);
    }

    function test_what_is_undelegated_earns_no_more_and_waits_like_a_stake() external {
        _delegate(ANN, 5 * STAKE_MIN);
        nextEpoch();
        _delegate(ANN, STAKE_MIN);
        vm.expectRevert(abi.encodeWithSelector(IStake.NotDelegated.selector, 6 * STAKE_MIN));
        _undelegate(ANN, 6 * STAKE_MIN + 1);
        // What came last goes first; what is left earns.
        _undelegate(ANN, STAKE_MIN);
        _reward(1000e9);
        assertEq(_claimDelegation(ANN), 500e9);
        (bytes memory next, uint256 secret) = prepare();
        vm.expectEmit();
        emit IStake.Undelegated(operatorAt(0), ANN, 5 * STAKE_MIN, 3);
        _undelegate(ANN, 5 * STAKE_MIN);
        _reward(500e9);
        assertEq(_claimDelegation(ANN), 0);
        (uint96 staying, uint96 leaving, uint64 lastEpoch) = stake.delegationOf(operatorAt(0), ANN);
        assertEq(staying, 0);
        assertEq(leaving, 6 * STAKE_MIN);
        assertEq(lastEpoch, 3);

        _isBonded(ANN, 3, 0);
        rotateTo(next, secret);
        _isBonded(ANN, 3, 0);
        nextEpoch();
        uint64 until = uint64(block.timestamp + UNBONDING);
        _isBonded(ANN, 3, until);
        vm.warp(until - 1);
        _isBonded(ANN, 3, until);
        vm.warp(until);
        uint256 before = token.balanceOf(ANN);
        vm.expectEmit();
        emit IStake.DelegationWithdrawn(operatorAt(0), ANN, 6 * STAKE_MIN);
        _withdraw(ANN);
        assertEq(token.balanceOf(ANN) - before, 6 * STAKE_MIN);
        _hasNothing(ANN);
        _hasNothing(BEN);
    }

    function test_when_an_operator_leaves_its_delegations_are_free_with_it() external {
        _delegate(ANN, 5 * STAKE_MIN);
        _delegate(BEN, 5 * STAKE_MIN);
        nextEpoch();
        _undelegate(ANN, 2 * STAKE_MIN);
        nextEpoch();
        _reward(1300e9);
        vm.prank(operatorAt(0));
        stake.exit();
        _reward(400e9);
        vm.expectRevert(abi.encodeWithSelector(IStake.NotRegistered.selector, operatorAt(0)));
        _undelegate(ANN, STAKE_MIN);
        vm.expectRevert(abi.encodeWithSelector(IStake.NotRegistered.selector, operatorAt(0)));
        _delegate(ANN, STAKE_MIN);
        _isBonded(BEN, 3, 0);
        uint64 first = hub.endedAt(2) + UNBONDING;
        vm.warp(first);
        // Ann's first part left an epoch earlier.
        uint256 before = token.balanceOf(ANN);
        _withdraw(ANN);
        assertEq(token.balanceOf(ANN) - before, 2 * STAKE_MIN);
        _isBonded(ANN, 3, 0);
        nextEpoch();
        vm.warp(hub.endedAt(3) + UNBONDING);
        _withdraw(ANN);
        _withdraw(BEN);
        assertEq(token.balanceOf(ANN) - before, 5 * STAKE_MIN);
        assertEq(_claimDelegation(ANN), 300e9);
        assertEq(_claimDelegation(BEN), 500e9);
        _hasNothing(ANN);

        // Nobody can be hurt by it any more, nor gain.
        vm.expectRevert(abi.encodeWithSelector(IStake.NothingToSlash.selector, operatorAt(0)));
        vm.prank(address(hub));
        stake.slash(operatorAt(0), REPORTER);
    }

    function test_both_parts_of_a_delegation_come_at_once_when_both_are_free() external {
        _delegate(ANN, 5 * STAKE_MIN);
        _undelegate(ANN, 2 * STAKE_MIN);
        vm.prank(operatorAt(0));
        stake.exit();
        nextEpoch();
        vm.warp(block.timestamp + UNBONDING);
        uint256 before = token.balanceOf(ANN);
        _withdraw(ANN);
        assertEq(token.balanceOf(ANN) - before, 5 * STAKE_MIN);
    }

    function test_a_slash_takes_all_that_answers_and_nothing_else() external {
        _delegate(ANN, 50 * STAKE_MIN);
        _undelegate(ANN, 7 * STAKE_MIN);
        nextEpoch();
        vm.warp(block.timestamp + UNBONDING);
        // Ann's 7 are free, though not taken out. Ben's are not.
        _delegate(BEN, 9 * STAKE_MIN);
        _undelegate(BEN, 4 * STAKE_MIN);
        _reward(480e9);
        vm.expectEmit();
        emit IStake.Slashed(operatorAt(0), REPORTER, STAKE_MIN, 48 * STAKE_MIN, STAKE_MIN / 20);
        vm.prank(address(hub));
        stake.slash(operatorAt(0), REPORTER);
        // Of the operator's own alone: else it would gain by reporting itself.
        assertEq(token.balanceOf(REPORTER), STAKE_MIN / 20);
        assertEq(token.balanceOf(BURNT), STAKE_MIN + 48 * STAKE_MIN - STAKE_MIN / 20);
        (uint96 delegated,,,) = stake.poolOf(operatorAt(0));
        (uint96 staying,,) = stake.delegationOf(operatorAt(0), ANN);
        assertEq(delegated + staying, 0);
        vm.expectRevert(abi.encodeWithSelector(IStake.NothingToSlash.selector, operatorAt(0)));
        vm.prank(address(hub));
        stake.slash(operatorAt(0), REPORTER);

        uint256 before = token.balanceOf(ANN);
        _withdraw(ANN);
        assertEq(token.balanceOf(ANN) - before, 7 * STAKE_MIN);
        _hasNothing(ANN);
        nextEpoch();
        vm.warp(block.timestamp + UNBONDING);
        _hasNothing(BEN);
        // What was earned before is nobody's stake.
        assertEq(_claimDelegation(ANN) / 1e6, uint256(480e9) * 43 / 48 / 1e6);
        assertEq(_claimDelegation(BEN), 0);
    }

    function test_a_sum_of_stakes_that_cannot_be_counted_is_refused() external {
        uint96 most = type(uint96).max - 5 * STAKE_MIN;
        fund(ANN, type(uint256).max >> 1);
        vm.expectRevert(abi.encodeWithSelector(IStake.TooMuch.selector));
        _delegate(ANN, most + 1);
        _delegate(ANN, most);
        // The committee is not held up by it.
        nextEpoch();
        nextEpoch();
    }

    function _tooLarge(uint16 commission, uint16 step) private {
        vm.expectRevert(abi.encodeWithSelector(IStake.CommissionStepTooLarge.selector, step, uint16(100)));
        _setCommission(commission);
    }

    function _tooHigh(uint16 commission, uint16 most) private {
        vm.expectRevert(abi.encodeWithSelector(IStake.CommissionTooHigh.selector, commission, most));
        vm.prank(BEN);
        stake.delegate(operatorAt(0), STAKE_MIN, most);
    }

    function _isBonded(address delegator, uint64 lastEpoch, uint64 until) private {
        vm.expectRevert(abi.encodeWithSelector(IStake.StillBonded.selector, lastEpoch, until));
        _withdraw(delegator);
    }

    function _hasNothing(address delegator) private {
        vm.expectRevert(abi.encodeWithSelector(IStake.NothingToWithdraw.selector, delegator));
        _withdraw(delegator);
    }

    function _setCommission(uint16 commission) private {
        vm.prank(operatorAt(0));
        stake.setCommission(commission);
    }

    function _delegate(address delegator, uint96 amount) private {
        vm.prank(delegator);
        stake.delegate(operatorAt(0), amount, 2000);
    }

    function _undelegate(address delegator, uint96 amount) private {
        vm.prank(delegator);
        stake.undelegate(operatorAt(0), amount);
    }

    function _withdraw(address delegator) private {
        vm.prank(delegator);
        stake.withdrawDelegation(operatorAt(0));
    }

    function _reward(uint96 amount) private {
        vm.prank(PAYER);
        stake.reward(amount);
    }

    function _claim(uint256 index) private returns (uint256) {
        vm.prank(operatorAt(index));
        return stake.claim();
    }

    function _claimDelegation(address delegator) private returns (uint256) {
        vm.prank(delegator);
        return stake.claimDelegation(operatorAt(0));
    }
}
