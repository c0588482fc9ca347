// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title The token that fees and stake are paid with on a development chain
/// @notice Worth nothing: whoever deploys it mints what it likes.
contract FeeToken is ERC20Permit {
    address private immutable MINTER;

    /// @notice Only the deployer mints.
    error NotMinter(address caller);

    constructor() ERC20("Conclave Devnet", "CDEV") ERC20Permit("Conclave Devnet") {
        MINTER = msg.sender;
    }

    /// @dev As coarse as dollars on chains usually are: payments must stay countable, see Rollups.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @notice Mints `amount`, in the smallest unit.
    function mint(address to, uint256 amount) external {
        if (msg.sender != MINTER) revert NotMinter(msg.sender);
        _mint(to, amount);
    }
}
