export { explain, preview } from './looks';
export { deviceCoordinator } from './deviceCoordinator';
export { portSecurityEvent } from './portSecurityEvent';
export { assignVirtualMac, revokeVirtualMac } from './virtualMacs';
