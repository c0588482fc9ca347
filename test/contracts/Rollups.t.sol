// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rollups} from "../../contracts/Rollups.sol";
import {FeeToken} from "../../contracts/devnet/FeeToken.sol";
import {IRollups, RollupId} from "../../contracts/interfaces/IRollups.sol";
import {Test} from "./support/Test.sol";

contract RollupsTest is Test {
    address private constant SETTLEMENT = address(0x5e77);
    address private constant OWNER = address(0x0123);

    FeeToken private token = FeeToken(deployArtifact("devnet/FeeToken.sol/FeeToken", ""));
    Rollups private rollups = Rollups(deployArtifact("Rollups.sol/Rollups", abi.encode(token)));

    function testFuzz_ids_are_given_in_order_from_zero(address settlement, address owner, uint256 policy)
        external
    {
        vm.assume(settlement != address(0) && owner != address(0));
        policy = policy % 8;
        for (uint32 i = 0; i < 3; i++) {
            vm.expectEmit();
            emit IRollups.Subscribed(RollupId.wrap(i), settlement, owner, policy);
            assertEq(RollupId.unwrap(rollups.subscribe(settlement, owner, policy)), i);
        }
        assertEq(rollups.count(), 3);
        (address s, address o, uint256 p, uint256 funded) = rollups.rollupOf(RollupId.wrap(2));
        assertTrue(s == settlement && o == owner, "settlement and owner");
        assertEq(p, policy);
        assertEq(funded, 0);
    }

    function test_a_subscription_that_means_nothing_is_refused() external {
        vm.expectRevert(abi.encodeWithSelector(IRollups.NoAddress.selector));
        rollups.subscribe(address(0), OWNER, 0);
        vm.expectRevert(abi.encodeWithSelector(IRollups.NoAddress.selector));
        rollups.subscribe(SETTLEMENT, address(0), 0);
        vm.expectRevert(abi.encodeWithSelector(IRollups.UnknownPolicy.selector, 8));
        rollups.subscribe(SETTLEMENT, OWNER, 8);
    }

    /// @notice Payments add up, and the contract holds them.
    function testFuzz_payments_add_up(uint48 first, uint48 second) external {
        RollupId id = rollups.subscribe(SETTLEMENT, OWNER, 0);
        uint256 sum = uint256(first) + second;
        token.mint(address(this), sum);
        token.approve(address(rollups), sum);
        rollups.fund(id, first);
        vm.expectEmit();
        emit IRollups.Funded(id, address(this), second, sum);
        rollups.fund(id, second);
        (,,, uint256 funded) = rollups.rollupOf(id);
        assertEq(funded, sum);
        assertEq(token.balanceOf(address(rollups)), sum);
    }

    function test_payments_stay_countable() external {
        RollupId id = rollups.subscribe(SETTLEMENT, OWNER, 0);
        uint256 most = 2 ** 53 - 1;
        token.mint(address(this), most);
        token.approve(address(rollups), type(uint256).max);
        rollups.fund(id, most);
        vm.expectRevert(abi.encodeWithSelector(IRollups.FundedTooMuch.selector, most + 1, most));
        rollups.fund(id, 1);
        vm.expectRevert(abi.encodeWithSelector(IRollups.FundedTooMuch.selector, type(uint256).max, most));
        rollups.fund(id, type(uint256).max);
    }

    function test_nobody_pays_for_what_does_not_exist() external {
        vm.expectRevert(abi.encodeWithSelector(IRollups.UnknownRollup.selector, RollupId.wrap(0)));
        rollups.fund(RollupId.wrap(0), 1);
    }

    function test_only_the_deployer_mints_the_devnet_token() external {
        vm.expectRevert(abi.encodeWithSelector(FeeToken.NotMinter.selector, OWNER));
        vm.prank(OWNER);
        token.mint(OWNER, 1);
    }
}
