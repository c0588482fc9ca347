// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Committee} from "../../../contracts/Committee.sol";
import {Hub} from "../../../contracts/Hub.sol";
import {Stake} from "../../../contracts/Stake.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {HubTest} from "./HubTest.sol";
import {Keys} from "./Keys.sol";

/// @notice A hub whose epochs go by, each with the committee of all who take part in the stake.
abstract contract StakeTest is HubTest {
    Hub internal hub;
    Stake internal stake;

    mapping(address operator => uint256) internal secrets;
    /// @dev Of the committee of this epoch: the sum of its secrets signs for all.
    bytes internal head;
    uint256 internal secretOfAll;

    /// @notice The first committee is of one key, with no stake.
    function open() internal {
        vm.warp(1_800_000_000);
        hub = deployAlone();
        stake = Stake(address(hub.STAKE()));
        head = headAlone();
        secretOfAll = SECRET_ALONE;
    }

    function operatorAt(uint256 index) internal pure returns (address) {
        return address(uint160(0x4000 + index));
    }

    function fund(address holder, uint256 amount) internal {
        token.mint(holder, amount);
        vm.prank(holder);
        token.approve(address(stake), type(uint256).max);
    }

    function register(address operator, uint96 amount) internal {
        uint256 secret = uint256(keccak256(abi.encode("operator", operator))) % Keys.ORDER;
        secrets[operator] = secret;
        fund(operator, amount);
        bytes memory key = Keys.keyOf(secret);
        bytes memory possession = Keys.prove(secret, stake.possessionDigest(operator, keccak256(key)));
        vm.prank(operator);
        stake.register(key, possession, networkKeyOf(operator), "", amount);
    }

    function keysOfActive() internal view returns (bytes memory keys) {
        address[] memory active = stake.activeOperators();
        for (uint256 i = 0; i < active.length; i++) {
            keys = bytes.concat(keys, Keys.keyOf(secrets[active[i]]));
        }
    }

    /// @notice A committee of all who take part now may follow.
    function prepare() internal returns (bytes memory next, uint256 secret) {
        uint64 from = hub.preparableFrom();
        if (block.timestamp < from) vm.warp(from);
        bytes memory keys = keysOfActive();
        hub.prepare(keys);
        address[] memory active = stake.activeOperators();
        for (uint256 i = 0; i < active.length; i++) {
            secret = addmod(secret, secrets[active[i]], Keys.ORDER);
        }
        (bytes memory records,) = stake.membersOf(keys);
        next = Committee.headOf(records);
    }

    function rotateTo(bytes memory next, uint256 secret) internal {
        (uint64 number, uint64 epoch,,) = hub.latest();
        IHub.Checkpoint memory checkpoint = checkpointOf(number + 1, keccak256("last"));
        checkpoint.epoch = epoch;
        bytes32 committee = keccak256(next);
        checkpoint.next = keccak256(abi.encode(committee, bytes32("sealing")));
        bytes memory signature = Keys.sign(secretOfAll, hub.checkpointDigest(checkpoint));
        hub.rotate(checkpoint, head, "", signature, committee, bytes32("sealing"));
        head = next;
        secretOfAll = secret;
    }

    /// @notice The next epoch begins. Needs four who take part.
    function nextEpoch() internal {
        (bytes memory next, uint256 secret) = prepare();
        rotateTo(next, secret);
    }
}
