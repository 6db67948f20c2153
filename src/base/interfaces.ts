import type { NetworkInterfaceInfo } from 'node:os'

/** What `os.networkInterfaces()` gives. */
export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>
