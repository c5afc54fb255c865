export default { anything: 'else' }
