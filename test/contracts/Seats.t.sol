// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStake} from "../../contracts/interfaces/IStake.sol";
import {Keys} from "./support/Keys.sol";
import {StakeTest} from "./support/StakeTest.sol";

/// @notice All 128 seats are taken.
abstract contract FullTest is StakeTest {
    address internal constant NEWCOMER = address(0x2e77);

    function setUp() external {
        open();
        for (uint256 i = 0; i < 128; i++) {
            register(operatorAt(i), i == 77 ? 10 * STAKE_MIN : 20 * STAKE_MIN);
        }
        fund(NEWCOMER, 100 * STAKE_MIN);
    }

    function _keyOf(address operator) internal returns (bytes memory key, bytes memory possession) {
        secrets[operator] = 0xabcdef;
        key = Keys.keyOf(0xabcdef);
        possession = Keys.prove(0xabcdef, stake.possessionDigest(operator, keccak256(key)));
    }

    function _register(bytes memory key, bytes memory possession, uint96 amount) internal {
        vm.prank(NEWCOMER);
        stake.register(key, possession, networkKeyOf(NEWCOMER), "", amount);
    }
}

/// @notice Who has more behind it takes the place of who has least.
contract SeatsTest is FullTest {
    address private constant FRIEND = address(0xf21e);

    function test_a_newcomer_puts_out_who_has_least_behind_it() external {
        uint96 least = 11 * STAKE_MIN;
        (bytes memory key, bytes memory possession) = _keyOf(NEWCOMER);
        vm.expectRevert(abi.encodeWithSelector(IStake.Full.selector, uint256(least)));
        _register(key, possession, least);

        vm.expectEmit();
        emit IStake.Exited(operatorAt(77), 0);
        _register(key, possession, least + 1);
        (, uint96 staked, bool isActive) = stake.operatorOf(operatorAt(77));
        assertTrue(!isActive, "out");
        assertEq(staked, 10 * STAKE_MIN);
        (,, isActive) = stake.operatorOf(NEWCOMER);
        assertTrue(isActive, "in");
        assertEq(stake.activeOperators().length, 128);

        // As after an exit of its own.
        vm.expectRevert(abi.encodeWithSelector(IStake.StillBonded.selector, uint64(0), uint64(0)));
        vm.prank(operatorAt(77));
        stake.withdraw();
        nextEpoch();
        vm.warp(block.timestamp + UNBONDING);
        vm.prank(operatorAt(77));
        stake.withdraw();
        assertEq(token.balanceOf(operatorAt(77)), 10 * STAKE_MIN);
    }

    /// @notice Each one's place in the list is right after a change: or somebody would take another out instead of itself.
    function test_after_a_change_of_seats_everyone_leaves_as_itself() external {
        (bytes memory key, bytes memory possession) = _keyOf(NEWCOMER);
        _register(key, possession, 100 * STAKE_MIN);
        address[] memory active = stake.activeOperators();
        for (uint256 i = 0; i < active.length; i++) {
            // From the front, so that the last one moves each time.
            vm.prank(active[i]);
            stake.exit();
            (,, bool isActive) = stake.operatorOf(active[i]);
            assertTrue(!isActive, "out");
            address[] memory others = stake.activeOperators();
            assertEq(others.length, active.length - i - 1);
            for (uint256 j = 0; j < others.length; j++) {
                (,, isActive) = stake.operatorOf(others[j]);
                assertTrue(isActive, "in");
            }
        }
    }

    function test_what_is_delegated_keeps_a_seat() external {
        fund(FRIEND, 30 * STAKE_MIN);
        vm.prank(FRIEND);
        stake.delegate(operatorAt(77), 30 * STAKE_MIN, 0);
        (bytes memory key, bytes memory possession) = _keyOf(NEWCOMER);
        vm.expectRevert(abi.encodeWithSelector(IStake.Full.selector, uint256(22 * STAKE_MIN)));
        _register(key, possession, 22 * STAKE_MIN);
        _register(key, possession, 22 * STAKE_MIN + 1);
        (,, bool isActive) = stake.operatorOf(operatorAt(77));
        assertTrue(isActive, "with 40 behind it");
        assertEq(stake.activeOperators().length, 128);
    }
}

contract SeatsGasTest is FullTest {
    function test_what_the_look_at_all_seats_costs_is_bounded() external {
        (bytes memory key, bytes memory possession) = _keyOf(NEWCOMER);
        uint256 gas = gasleft();
        _register(key, possession, 100 * STAKE_MIN);
        assertTrue(gas - gasleft() < 1_400_000, "gas of taking a seat");
    }
}
