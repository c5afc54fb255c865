// Preloaded, it lets the program believe that it runs on the Node of SIMULATED_NODE.
const versions = { ...process.versions, node: process.env.SIMULATED_NODE }
Object.defineProperty(process, 'versions', { value: versions })
