// When preloaded, it makes the program see the Node version in SIMULATED_NODE.
const versions = { ...process.versions, node: process.env.SIMULATED_NODE }
Object.defineProperty(process, 'versions', { value: versions })
