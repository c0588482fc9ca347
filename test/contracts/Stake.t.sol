// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hub} from "../../contracts/Hub.sol";
import {IStake} from "../../contracts/interfaces/IStake.sol";
import {HubTest} from "./support/HubTest.sol";
import {Keys} from "./support/Keys.sol";

contract StakeTest is HubTest {
    string private constant MULTIADDR = "/dns4/validator.example/tcp/9000";
    address private constant ALICE = address(0xa11ce);
    address private constant BOB = address(0xb0b);

    Hub private hub;
    IStake private stake;

    function setUp() external {
        hub = deployAlone();
        stake = hub.STAKE();
        _fund(ALICE);
        _fund(BOB);
    }

    function test_the_hub_and_its_stake_know_each_other() external view {
        assertTrue(stake.HUB() == address(hub), "the hub made it");
        assertTrue(address(stake.TOKEN()) == address(token), "the token");
        assertEq(stake.STAKE_MIN(), STAKE_MIN);
    }

    function testFuzz_an_operator_registers_a_key_it_possesses(uint256 seed, uint96 amount) external {
        uint256 secret = Keys.secretOf(seed, 0);
        bytes memory key = Keys.keyOf(secret);
        amount = uint96(bound(amount, STAKE_MIN, 1_000_000e6));
        bytes memory possession = _prove(stake, ALICE, secret);
        vm.expectEmit();
        emit IStake.Registered(ALICE, keccak256(key), key, networkKeyOf(ALICE), MULTIADDR, amount);
        _register(ALICE, key, possession, amount);
        (bytes32 keyHash, uint96 staked, bool isActive) = stake.operatorOf(ALICE);
        assertEq(keyHash, keccak256(key));
        assertEq(staked, amount);
        assertTrue(isActive && stake.ownerOf(keyHash) == ALICE, "active, and the key's owner");
        assertEq(stake.activeOperators().length, 1);
        assertEq(token.balanceOf(address(stake)), amount);
    }

    /// @notice A proof is of one operator, one key and one contract.
    function testFuzz_possession_is_not_transferable(uint256 seed) external {
        uint256 secret = Keys.secretOf(seed, 0);
        bytes memory key = Keys.keyOf(secret);
        bytes memory byAlice = _prove(stake, ALICE, secret);
        IStake other = deployAlone().STAKE();
        _refuses(BOB, key, byAlice, IStake.BadPossession.selector);
        _refuses(ALICE, key, _prove(other, ALICE, secret), IStake.BadPossession.selector);
        _refuses(ALICE, Keys.keyOf(Keys.secretOf(seed, 1)), byAlice, IStake.BadPossession.selector);
        _register(ALICE, key, byAlice, STAKE_MIN);
    }

    function test_possession_is_of_one_chain() external {
        bytes memory key = Keys.keyOf(7);
        bytes memory possession = _prove(stake, ALICE, 7);
        vm.chainId(block.chainid + 1);
        _refuses(ALICE, key, possession, IStake.BadPossession.selector);
    }

    /// @notice A vote is no proof of possession: they are hashed under different suites.
    function testFuzz_a_vote_proves_no_possession(uint256 seed) external {
        uint256 secret = Keys.secretOf(seed, 0);
        bytes memory key = Keys.keyOf(secret);
        bytes memory vote = Keys.sign(secret, stake.possessionDigest(ALICE, keccak256(key)));
        _refuses(ALICE, key, vote, IStake.BadPossession.selector);
    }

    function test_keys_that_are_no_keys_are_refused() external {
        _refuses(ALICE, new bytes(96), new bytes(256), IStake.BadKey.selector);
        _refuses(ALICE, "", new bytes(256), IStake.BadKey.selector);
        _refuses(ALICE, Keys.pointOf(1), new bytes(256), IStake.BadKey.selector);
        bytes memory outside = Keys.unpad(Keys.G1_OUTSIDE);
        _refuses(ALICE, outside, new bytes(256), IStake.BadPossession.selector);
        bytes memory off = Keys.keyOf(1);
        off[95] ^= 0x01;
        _refuses(ALICE, off, new bytes(256), IStake.BadPossession.selector);
    }

    function test_a_key_and_an_operator_are_for_life() external {
        bytes memory key = Keys.keyOf(7);
        _register(ALICE, key, _prove(stake, ALICE, 7), STAKE_MIN);
        bytes memory byBob = _prove(stake, BOB, 7);
        vm.expectRevert(abi.encodeWithSelector(IStake.KeyTaken.selector, keccak256(key)));
        _register(BOB, key, byBob, STAKE_MIN);
        bytes memory second = Keys.keyOf(8);
        bytes memory possession = _prove(stake, ALICE, 8);
        vm.expectRevert(abi.encodeWithSelector(IStake.AlreadyRegistered.selector, ALICE));
        _register(ALICE, second, possession, STAKE_MIN);
    }

    function test_the_least_stake_is_asked_for() external {
        bytes memory key = Keys.keyOf(7);
        bytes memory possession = _prove(stake, ALICE, 7);
        vm.expectRevert(abi.encodeWithSelector(IStake.StakeTooSmall.selector, STAKE_MIN - 1, STAKE_MIN));
        _register(ALICE, key, possession, STAKE_MIN - 1);
    }

    /// @notice What the contract holds is the sum of what it owes.
    function testFuzz_the_contract_holds_every_stake(uint96[6] calldata amounts) external {
        uint256 sum = 2 * uint256(STAKE_MIN);
        _register(ALICE, Keys.keyOf(7), _prove(stake, ALICE, 7), STAKE_MIN);
        _register(BOB, Keys.keyOf(8), _prove(stake, BOB, 8), STAKE_MIN);
        for (uint256 i = 0; i < amounts.length; i++) {
            uint96 amount = uint96(amounts[i] % 1_000e6);
            vm.prank(i % 2 == 0 ? ALICE : BOB);
            stake.addStake(amount);
            sum += amount;
        }
        (, uint96 ofAlice,) = stake.operatorOf(ALICE);
        (, uint96 ofBob,) = stake.operatorOf(BOB);
        assertEq(uint256(ofAlice) + ofBob, sum);
        assertEq(token.balanceOf(address(stake)), sum);
    }

    function test_a_stranger_adds_no_stake() external {
        vm.expectRevert(abi.encodeWithSelector(IStake.NotRegistered.selector, BOB));
        vm.prank(BOB);
        stake.addStake(1);
    }

    function test_a_network_key_is_of_one_operator_and_not_zero() external {
        _register(ALICE, Keys.keyOf(7), _prove(stake, ALICE, 7), STAKE_MIN);
        bytes32 taken = networkKeyOf(ALICE);
        bytes memory possession = _prove(stake, BOB, 8);
        bytes memory key = Keys.keyOf(8);
        vm.expectRevert(abi.encodeWithSelector(IStake.KeyTaken.selector, taken));
        vm.prank(BOB);
        stake.register(key, possession, taken, MULTIADDR, STAKE_MIN);
        vm.expectRevert(abi.encodeWithSelector(IStake.BadKey.selector));
        vm.prank(BOB);
        stake.register(key, possession, 0, MULTIADDR, STAKE_MIN);
        assertTrue(stake.ownerOfNetworkKey(taken) == ALICE, "the first keeps it");
    }

    /// @notice The list of those who take part has no gap and no double, whoever leaves in whatever order.
    function testFuzz_who_leaves_is_gone_and_no_one_else(uint256 order) external {
        address[] memory operators = new address[](6);
        for (uint160 i = 0; i < 6; i++) {
            operators[i] = address(0x2000 + i);
            _fund(operators[i]);
            _register(operators[i], Keys.keyOf(100 + i), _prove(stake, operators[i], 100 + i), STAKE_MIN);
        }
        for (uint256 left = 6; left > 0; left--) {
            uint256 pick = uint256(keccak256(abi.encode(order, left))) % left;
            address leaver = operators[pick];
            operators[pick] = operators[left - 1];
            vm.prank(leaver);
            stake.exit();
            address[] memory active = stake.activeOperators();
            assertEq(active.length, left - 1);
            for (uint256 i = 0; i + 1 < left; i++) {
                assertTrue(_count(active, operators[i]) == 1, "once");
            }
            (,, bool isActive) = stake.operatorOf(leaver);
            assertTrue(!isActive, "gone");
            vm.expectRevert(abi.encodeWithSelector(IStake.NotRegistered.selector, leaver));
            vm.prank(leaver);
            stake.exit();
        }
    }

    function test_who_takes_part_or_never_did_withdraws_nothing() external {
        _register(ALICE, Keys.keyOf(7), _prove(stake, ALICE, 7), STAKE_MIN);
        vm.expectRevert(abi.encodeWithSelector(IStake.NothingToWithdraw.selector, ALICE));
        vm.prank(ALICE);
        stake.withdraw();
        vm.expectRevert(abi.encodeWithSelector(IStake.NothingToWithdraw.selector, BOB));
        vm.prank(BOB);
        stake.withdraw();
    }

    function test_the_members_are_those_who_take_part_in_their_order() external {
        _register(ALICE, Keys.keyOf(7), _prove(stake, ALICE, 7), STAKE_MIN);
        _register(BOB, Keys.keyOf(8), _prove(stake, BOB, 8), STAKE_MIN);
        bytes memory keys = bytes.concat(Keys.keyOf(7), Keys.keyOf(8));
        (bytes memory records, bytes memory networkKeys) = stake.membersOf(keys);
        bytes memory one = abi.encodePacked(Keys.keyOf(7), uint64(1), Keys.keyOf(8), uint64(1));
        assertEq(keccak256(records), keccak256(one));
        assertEq(keccak256(networkKeys), keccak256(abi.encode(networkKeyOf(ALICE), networkKeyOf(BOB))));

        _noMembers(bytes.concat(Keys.keyOf(8), Keys.keyOf(7)), 0);
        _noMembers(bytes.concat(Keys.keyOf(7), Keys.keyOf(9)), 1);
        _noMembers(Keys.keyOf(7), 2);
        _noMembers(bytes.concat(keys, Keys.keyOf(9)), 2);
        _noMembers(bytes.concat(keys, hex"00"), 2);
    }

    function _noMembers(bytes memory keys, uint256 index) private {
        vm.expectRevert(abi.encodeWithSelector(IStake.WrongMembers.selector, index));
        stake.membersOf(keys);
    }

    function _count(address[] memory list, address wanted) private pure returns (uint256 times) {
        for (uint256 i = 0; i < list.length; i++) {
            if (list[i] == wanted) times++;
        }
    }

    function _fund(address operator) private {
        token.mint(operator, 10_000_000e6);
        vm.prank(operator);
        token.approve(address(stake), type(uint256).max);
    }

    function _prove(IStake where, address operator, uint256 secret) private view returns (bytes memory) {
        return Keys.prove(secret, where.possessionDigest(operator, keccak256(Keys.keyOf(secret))));
    }

    function _register(address operator, bytes memory key, bytes memory possession, uint96 amount) private {
        vm.prank(operator);
        stake.register(key, possession, networkKeyOf(operator), MULTIADDR, amount);
    }

    function _refuses(address operator, bytes memory key, bytes memory possession, bytes4 reason) private {
        vm.expectRevert(abi.encodeWithSelector(reason));
        _register(operator, key, possession, STAKE_MIN);
    }
}
