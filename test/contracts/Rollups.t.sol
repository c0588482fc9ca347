// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rollups} from "../../contracts/Rollups.sol";
import {FeeToken} from "../../contracts/devnet/FeeToken.sol";
import {IHub} from "../../contracts/interfaces/IHub.sol";
import {IRollups, RollupId} from "../../contracts/interfaces/IRollups.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {SettlementTest} from "./support/SettlementTest.sol";

abstract contract RegistryTest is SettlementTest {
    address internal constant SETTLEMENT = address(0x5e77);
    address internal constant TREASURY = address(0x7ea5);
    RollupId internal constant ID = RollupId.wrap(0);

    function setUp() external {
        vm.warp(1_800_000_000);
        open(0);
        token.approve(address(rollups), type(uint256).max);
    }

    function subscribe() internal returns (RollupId) {
        return rollups.subscribe(SETTLEMENT, OWNER, 0);
    }

    function fund(RollupId id, uint256 amount) internal {
        token.mint(address(this), amount);
        rollups.fund(id, amount);
    }

    function fees(uint64 spent, uint64 earned) internal pure returns (ISettlement.Totals memory totals) {
        totals = totalsOf(1, 1);
        (totals.spent, totals.earned) = (spent, earned);
    }

    /// @notice What is paid to the validators so far: nobody has staked, so it stays where it was paid to.
    function toValidators() internal view returns (uint256) {
        return token.balanceOf(address(hub.STAKE()));
    }

    /// @notice As the only leaf, or in a tree of two.
    function collect(uint32 id, ISettlement.Totals memory totals) internal returns (uint256) {
        bytes32[] memory leaves = new bytes32[](2);
        leaves[id] = leafOf(id, totals);
        uint32 count = anchor(rootOf(leaves));
        // Anchoring was another transaction, as tests see it, where nobody is named who brought it.
        return rollups.collect(RollupId.wrap(id), count, totals, proofOf(leaves, id), address(0));
    }
}

contract SubscribingTest is RegistryTest {
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

    function test_a_registry_needs_a_hub() external {
        vm.expectRevert(abi.encodeWithSelector(IRollups.NoAddress.selector));
        this.deployFor(address(0x1234));
        assertTrue(address(rollups.HUB()) == address(hub), "its hub");
        assertTrue(address(rollups.TOKEN()) == address(token), "the token of its stake");
    }

    function deployFor(address trusted) external {
        deployArtifact("Rollups.sol/Rollups", abi.encode(trusted));
    }

    /// @notice Payments add up, and the contract holds them.
    function testFuzz_payments_add_up(uint48 first, uint48 second) external {
        RollupId id = subscribe();
        uint256 sum = uint256(first) + second;
        token.mint(address(this), sum);
        rollups.fund(id, first);
        vm.expectEmit();
        emit IRollups.Funded(id, address(this), second, sum);
        rollups.fund(id, second);
        (,,, uint256 funded) = rollups.rollupOf(id);
        assertEq(funded, sum);
        assertEq(token.balanceOf(address(rollups)), sum);
    }

    function test_payments_stay_countable() external {
        RollupId id = subscribe();
        uint256 most = 2 ** 53 - 1;
        fund(id, most);
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
        assertEq(token.totalSupply(), 0);
        assertEq(token.decimals(), 6);
    }

    function testFuzz_the_owner_says_how_it_is_served(uint256 policy, uint32 feePerByte) external {
        subscribe();
        policy = policy % 8;
        vm.expectEmit();
        emit IRollups.PolicySet(ID, policy);
        vm.prank(OWNER);
        rollups.setPolicy(ID, policy);
        vm.expectEmit();
        emit IRollups.ReserveSet(ID, feePerByte);
        vm.prank(OWNER);
        rollups.setReserve(ID, feePerByte);
        vm.expectEmit();
        emit IRollups.TreasurySet(ID, TREASURY);
        vm.prank(OWNER);
        rollups.setTreasury(ID, TREASURY);
        (,, uint256 set,) = rollups.rollupOf(ID);
        (uint32 reserve, address treasury, uint64 leftAt, bool isClosed) = rollups.termsOf(ID);
        assertEq(set, policy);
        assertEq(reserve, feePerByte);
        assertTrue(treasury == TREASURY && leftAt == 0 && !isClosed, "terms");
    }

    function test_terms_that_mean_nothing_are_refused() external {
        subscribe();
        (, address treasury,,) = rollups.termsOf(ID);
        assertTrue(treasury == OWNER, "the owner, as long as nobody is named");
        vm.expectRevert(abi.encodeWithSelector(IRollups.UnknownPolicy.selector, 8));
        vm.prank(OWNER);
        rollups.setPolicy(ID, 8);
        vm.expectRevert(abi.encodeWithSelector(IRollups.NoAddress.selector));
        vm.prank(OWNER);
        rollups.setTreasury(ID, address(0));
    }

    function testFuzz_nobody_else_says_anything(address caller, uint32 id) external {
        subscribe();
        vm.assume(caller != OWNER && caller != address(0));
        bytes memory refusal = abi.encodeWithSelector(IRollups.NotOwner.selector, caller);
        bytes[4] memory calls = [
            abi.encodeCall(rollups.setPolicy, (RollupId.wrap(id), 1)),
            abi.encodeCall(rollups.setReserve, (RollupId.wrap(id), 1)),
            abi.encodeCall(rollups.setTreasury, (RollupId.wrap(id), caller)),
            abi.encodeCall(rollups.unsubscribe, (RollupId.wrap(id)))
        ];
        for (uint256 i = 0; i < calls.length; i++) {
            vm.prank(caller);
            (bool ok, bytes memory reason) = address(rollups).call(calls[i]);
            assertTrue(!ok, "refused");
            assertEq(keccak256(reason), keccak256(refusal));
        }
    }
}

contract CollectingTest is RegistryTest {
    /// @notice All that is spent goes to the validators, but for what is the rollup's own, which waits for its treasury.
    function testFuzz_what_is_spent_is_paid(uint64 funded, uint64 spent, uint64 earned) external {
        funded = uint64(bound(funded, 1, 2 ** 53 - 1));
        spent = uint64(bound(spent, 1, funded));
        earned = earned % (spent + 1);
        fund(subscribe(), funded);
        assertEq(collect(0, fees(spent, earned)), spent - earned);
        assertEq(toValidators(), spent - earned);
        assertEq(token.balanceOf(address(rollups)), funded - spent + earned);
        if (earned == 0) {
            vm.expectRevert(abi.encodeWithSelector(IRollups.NothingToWithdraw.selector, ID));
            rollups.withdraw(ID);
            return;
        }
        vm.expectEmit();
        emit IRollups.Withdrawn(ID, OWNER, earned);
        assertEq(rollups.withdraw(ID), earned);
        assertEq(token.balanceOf(OWNER), earned);
    }

    /// @notice A quorum may sign anything; more than was prepaid for this rollup it does not get.
    function testFuzz_no_rollup_is_charged_more_than_is_prepaid_for_it(
        uint64 mine,
        uint64 others,
        uint64 spent,
        uint64 earned
    ) external {
        mine = mine % 2 ** 52;
        others = others % 2 ** 52;
        fund(subscribe(), mine);
        fund(subscribe(), others);
        collect(0, fees(spent, earned));
        (, uint64 counted, uint64 own,) = rollups.accountOf(ID);
        assertTrue(counted <= mine && own <= counted, "bounded");
        assertTrue(toValidators() <= mine, "of its own");
        assertTrue(token.balanceOf(address(rollups)) >= others, "the others have theirs");
    }

    /// @notice The poster has a tenth where it brought the checkpoint, and all else goes to the validators.
    function testFuzz_whoever_brings_the_checkpoint_has_a_part(uint64 spent, bool isNamed) external {
        spent = uint64(bound(spent, 1, 1e12));
        address poster = isNamed ? TREASURY : address(0);
        fund(subscribe(), spent);
        uint256 part = isNamed ? spent / 10 : 0;
        this.post(fees(spent, 0), poster, part);
        assertEq(token.balanceOf(TREASURY), part);
        assertEq(toValidators(), spent - part);
    }

    /// @notice In one call, and so in one transaction as tests see it.
    function post(ISettlement.Totals calldata totals, address poster, uint256 part) external {
        uint32 count = anchor(leafOf(0, totals));
        vm.expectEmit();
        emit IRollups.Collected(ID, totals.spent, totals.earned);
        vm.expectEmit();
        emit IRollups.Shared(poster, part, totals.spent - part);
        rollups.collect(ID, count, totals, new bytes32[](0), poster);
    }

    function test_several_are_collected_from_in_one_sum() external {
        bytes32[] memory leaves = new bytes32[](2);
        IRollups.Collection[] memory items = new IRollups.Collection[](2);
        for (uint32 i = 0; i < 2; i++) {
            fund(subscribe(), 1000);
            leaves[i] = leafOf(i, fees(100 * (i + 1), 10));
        }
        for (uint32 i = 0; i < 2; i++) {
            items[i] = IRollups.Collection(RollupId.wrap(i), fees(100 * (i + 1), 10), proofOf(leaves, i));
        }
        uint32 count = anchor(rootOf(leaves));
        assertEq(rollups.collectMany(count, items, address(0)), 280);
        assertEq(toValidators(), 280);
        assertEq(rollups.collectMany(count, items, address(0)), 0);
    }

    function test_nothing_is_collected_twice() external {
        fund(subscribe(), 1000);
        assertEq(collect(0, fees(300, 100)), 200);
        assertEq(collect(0, fees(300, 100)), 0);
        assertEq(collect(0, fees(200, 50)), 0);
        // What makes no sense is passed over: less earned than before, or less for the validators.
        assertEq(collect(0, fees(400, 50)), 0);
        assertEq(collect(0, fees(301, 200)), 0);
        assertEq(collect(0, fees(500, 100)), 200);
        assertEq(toValidators(), 400);
    }

    function test_more_is_collected_once_more_is_prepaid() external {
        fund(subscribe(), 100);
        assertEq(collect(0, fees(150, 0)), 100);
        fund(ID, 30);
        assertEq(collect(0, fees(150, 0)), 30);
        fund(ID, 30);
        assertEq(collect(0, fees(150, 0)), 20);
    }

    function testFuzz_totals_that_no_checkpoint_holds_pay_nobody(uint64 spent, uint8 field) external {
        fund(subscribe(), 1e9);
        subscribe();
        spent = uint64(bound(spent, 1, 2 ** 53));
        ISettlement.Totals memory totals = fees(spent, 0);
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = leafOf(0, totals);
        uint32 count = anchor(rootOf(leaves));
        bytes32[] memory proof = proofOf(leaves, 0);
        RollupId id = ID;
        if (field % 4 == 0) totals.spent++;
        if (field % 4 == 1) proof[0] = keccak256("another");
        if (field % 4 == 2) count++;
        if (field % 4 == 3) id = RollupId.wrap(1);
        vm.expectRevert(abi.encodeWithSelector(IRollups.NotInCheckpoint.selector));
        rollups.collect(id, count, totals, proof, OWNER);
    }
}

contract LeavingTest is RegistryTest {
    function test_who_leaves_has_the_unspent_back_after_a_while() external {
        fund(subscribe(), 1000);
        collect(0, fees(100, 40));
        vm.prank(OWNER);
        rollups.setTreasury(ID, TREASURY);
        vm.expectEmit();
        emit IRollups.Left(ID, uint64(block.timestamp) + 7 days);
        vm.prank(OWNER);
        rollups.unsubscribe(ID);
        // What was ordered before is still charged, and what it has earned still its own.
        collect(0, fees(300, 50));
        vm.warp(block.timestamp + 7 days - 1);
        assertEq(rollups.withdraw(ID), 50);
        vm.warp(block.timestamp + 1);
        assertEq(rollups.withdraw(ID), 700);
        assertEq(token.balanceOf(TREASURY), 750);
        assertEq(toValidators(), 250);
        assertEq(token.balanceOf(address(rollups)), 0);
        // Then it is over, whatever totals say.
        assertEq(collect(0, fees(900, 50)), 0);
        vm.expectRevert(abi.encodeWithSelector(IRollups.NothingToWithdraw.selector, ID));
        rollups.withdraw(ID);
        (,, uint64 leftAt, bool isClosed) = rollups.termsOf(ID);
        assertEq(leftAt, block.timestamp - 7 days);
        assertTrue(isClosed, "closed");
    }

    function test_leaving_is_for_good() external {
        subscribe();
        vm.prank(OWNER);
        rollups.unsubscribe(ID);
        bytes memory refusal = abi.encodeWithSelector(IRollups.HasLeft.selector, ID);
        vm.expectRevert(refusal);
        rollups.fund(ID, 1);
        vm.expectRevert(refusal);
        vm.prank(OWNER);
        rollups.unsubscribe(ID);
        vm.expectRevert(refusal);
        vm.prank(OWNER);
        rollups.setPolicy(ID, 1);
        vm.expectRevert(refusal);
        vm.prank(OWNER);
        rollups.setReserve(ID, 1);
        vm.expectRevert(refusal);
        vm.prank(OWNER);
        rollups.setTreasury(ID, TREASURY);
    }
}

/// @notice Nothing is created or lost, whatever is done by whom in whatever order.
contract AccountingTest is RegistryTest {
    uint256 private constant MANY = 3;

    struct Model {
        uint256 funded;
        uint256 toValidators;
        uint256 toPoster;
        uint256 withdrawn;
    }

    function testFuzz_every_unit_is_accounted_for(uint256[32] calldata steps) external {
        Model memory model;
        for (uint256 i = 0; i < MANY; i++) {
            subscribe();
        }
        for (uint256 i = 0; i < steps.length; i++) {
            _step(model, uint32(steps[i] >> 8) % uint32(MANY), steps[i] % 6, steps[i] >> 64);
            _check(model);
        }
    }

    function _step(Model memory model, uint32 index, uint256 kind, uint256 value) private {
        RollupId id = RollupId.wrap(index);
        (,, uint64 leftAt,) = rollups.termsOf(id);
        if (kind == 0 && leftAt == 0) {
            fund(id, value % 1e6);
            model.funded += value % 1e6;
        }
        if (kind == 1 || kind == 2) _collect(model, index, value, kind == 2);
        if (kind == 3) {
            try rollups.withdraw(id) returns (uint256 amount) {
                model.withdrawn += amount;
            } catch {}
        }
        if (kind == 4) vm.warp(block.timestamp + value % 10 days);
        // One of many, or there would soon be nobody left.
        if (kind == 5 && value % 4 == 0 && leftAt == 0) {
            vm.prank(OWNER);
            rollups.unsubscribe(id);
        }
    }

    function _collect(Model memory model, uint32 index, uint256 value, bool isPosted) private {
        ISettlement.Totals memory totals = fees(uint64(value % 2e6), uint64(value >> 64) % 1e6);
        bytes32[] memory leaves = new bytes32[](MANY);
        leaves[index] = leafOf(index, totals);
        bytes32[] memory proof = proofOf(leaves, index);
        uint256 poster = token.balanceOf(address(this));
        uint256 amount;
        if (isPosted) {
            amount = this.post(RollupId.wrap(index), rootOf(leaves), totals, proof);
        } else {
            uint32 count = anchor(rootOf(leaves));
            amount = rollups.collect(RollupId.wrap(index), count, totals, proof, address(0));
        }
        uint256 part = token.balanceOf(address(this)) - poster;
        assertEq(part, isPosted ? amount / 10 : 0);
        model.toPoster += part;
        model.toValidators += amount - part;
    }

    /// @notice Brings a checkpoint and collects, in one call.
    function post(RollupId id, bytes32 root, ISettlement.Totals calldata totals, bytes32[] calldata proof)
        external
        returns (uint256)
    {
        uint32 count = anchor(root);
        return rollups.collect(id, count, totals, proof, address(this));
    }

    function _check(Model memory model) private view {
        uint256 here;
        for (uint32 i = 0; i < MANY; i++) {
            (uint64 funded, uint64 spent, uint64 earned, uint64 withdrawn) =
                rollups.accountOf(RollupId.wrap(i));
            (,,, bool isClosed) = rollups.termsOf(RollupId.wrap(i));
            assertTrue(earned <= spent && spent <= funded, "no more than was prepaid");
            uint256 own = isClosed ? earned + funded - spent : earned;
            assertTrue(withdrawn <= own, "no more than its own");
            here += funded - (spent - earned) - withdrawn;
        }
        assertEq(token.balanceOf(address(rollups)), here);
        assertEq(model.funded, here + model.toValidators + model.toPoster + model.withdrawn);
        assertEq(toValidators(), model.toValidators);
        assertEq(token.balanceOf(OWNER), model.withdrawn);
    }
}
