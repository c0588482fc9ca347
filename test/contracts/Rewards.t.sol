// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "../../contracts/interfaces/IHub.sol";
import {IStake} from "../../contracts/interfaces/IStake.sol";
import {Keys} from "./support/Keys.sol";
import {StakeTest} from "./support/StakeTest.sol";

/// @notice Income goes to the stake that was there before the epoch, and none of it is lost.
contract RewardsTest is StakeTest {
    address private constant PAYER = address(0xfee);

    // Amounts are such that all sums of stakes here divide them.

    function setUp() external {
        open();
        for (uint256 i = 0; i < 4; i++) {
            register(operatorAt(i), uint96(i + 1) * STAKE_MIN);
        }
        fund(PAYER, 1e30);
    }

    function test_income_is_spread_by_stake() external {
        nextEpoch();
        vm.expectEmit();
        emit IStake.Rewarded(PAYER, 1000e9);
        _reward(1000e9);
        for (uint256 i = 0; i < 4; i++) {
            assertEq(_earnedBy(operatorAt(i)), 100e9 * (i + 1));
        }
        vm.expectEmit();
        emit IStake.Claimed(operatorAt(2), operatorAt(2), 300e9);
        assertEq(_claim(operatorAt(2)), 300e9);
        assertEq(token.balanceOf(operatorAt(2)), 300e9);
        assertEq(_claim(operatorAt(2)), 0);
        assertEq(_claim(PAYER), 0);
    }

    function test_new_stake_earns_from_the_next_epoch_on() external {
        nextEpoch();
        register(operatorAt(4), 10 * STAKE_MIN);
        fund(operatorAt(0), 9 * STAKE_MIN);
        vm.prank(operatorAt(0));
        stake.addStake(9 * STAKE_MIN);
        _reward(1000e9);
        assertEq(_earnedBy(operatorAt(4)), 0);
        assertEq(_earnedBy(operatorAt(0)), 100e9);
        nextEpoch();
        _reward(2900e9);
        assertEq(_earnedBy(operatorAt(4)), 1000e9);
        assertEq(_earnedBy(operatorAt(0)), 100e9 + 1000e9);
        assertEq(_earnedBy(operatorAt(1)), 200e9 + 200e9);
        // Long after, and over epochs in which nobody has touched the account.
        nextEpoch();
        nextEpoch();
        _reward(2900e9);
        assertEq(_earnedBy(operatorAt(4)), 2000e9);
        assertEq(_claim(operatorAt(4)), 2000e9);
        assertEq(_claim(operatorAt(0)), 100e9 + 2000e9);
    }

    function test_income_without_stake_that_earns_is_kept_for_later() external {
        _reward(700e9);
        assertEq(_earnedBy(operatorAt(3)), 0);
        nextEpoch();
        assertEq(_earnedBy(operatorAt(3)), 0);
        _reward(0);
        assertEq(_earnedBy(operatorAt(3)), 280e9);
        _reward(300e9);
        assertEq(_earnedBy(operatorAt(3)), 400e9);
    }

    function test_who_leaves_or_is_slashed_keeps_what_it_has_earned_and_earns_no_more() external {
        nextEpoch();
        register(operatorAt(4), STAKE_MIN);
        _reward(1000e9);
        vm.prank(operatorAt(3));
        stake.exit();
        // Before its stake has begun to earn.
        vm.prank(operatorAt(4));
        stake.exit();
        vm.prank(address(hub));
        stake.slash(operatorAt(2), PAYER);
        _reward(300e9);
        register(operatorAt(5), STAKE_MIN);
        register(operatorAt(6), STAKE_MIN);
        nextEpoch();
        _reward(500e9);
        assertEq(_claim(operatorAt(3)), 400e9);
        assertEq(_claim(operatorAt(2)), 300e9);
        assertEq(_claim(operatorAt(4)), 0);
        assertEq(_claim(operatorAt(0)), 100e9 + 100e9 + 100e9);
        assertEq(_claim(operatorAt(1)), 200e9 + 200e9 + 200e9);
        assertEq(_claim(operatorAt(5)), 100e9);
    }

    function test_only_the_hub_says_that_an_epoch_begins() external {
        vm.expectRevert(abi.encodeWithSelector(IStake.NotTheHub.selector, PAYER));
        vm.prank(PAYER);
        stake.begin(1);
    }

    function test_a_payment_that_does_not_come_is_no_income() external {
        nextEpoch();
        vm.prank(operatorAt(0));
        (bool ok,) = address(stake).call(abi.encodeCall(IStake.reward, (1)));
        assertTrue(!ok, "nothing to pay with");
        assertEq(_earnedBy(operatorAt(0)), 0);
    }

    /// @notice Whoever has just made a checkpoint final is known as such to whom it calls, and nobody else is.
    function test_a_transaction_that_finalizes_is_known_within_it() external {
        assertTrue(!hub.finalizedHere(), "not yet");
        IHub.Checkpoint memory checkpoint = checkpointOf(1, keccak256("root"));
        bytes memory signature = Keys.sign(SECRET_ALONE, hub.checkpointDigest(checkpoint));
        hub.finalize(checkpoint, head, "", signature);
        assertTrue(hub.finalizedHere(), "in the same transaction");
    }

    function _reward(uint96 amount) private {
        vm.prank(PAYER);
        stake.reward(amount);
    }

    /// @dev What a call would pay that is not sent.
    function _earnedBy(address operator) private returns (uint256 earned) {
        try this.claimInVain(operator) {}
        catch (bytes memory reason) {
            assembly ("memory-safe") {
                earned := mload(add(reason, 0x24))
            }
        }
    }

    error Earned(uint256 amount);

    function claimInVain(address operator) external {
        revert Earned(_claim(operator));
    }

    function _claim(address operator) private returns (uint256) {
        vm.prank(operator);
        return stake.claim();
    }
}
