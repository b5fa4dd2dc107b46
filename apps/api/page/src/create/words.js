/** The words of the dialog that creates an instance. */
export const CREATE = {
  title: 'Create an instance',
  submit: 'Create',
  /** @param {string} name */
  accepted: (name) => `${name}: its creation is accepted; it is done when status says ready.`,
  repeat: 'Press Create again: if the first try was accepted after all, nothing is made twice.',
  name: 'Name',
  /** @param {number} most */
  nameHint: (most) => `Letters, digits and hyphens, up to ${most}.`,
  template: 'Template',
  noTemplate: 'None: an image of my own',
  otherTemplates: 'other',
  image: 'Image',
  imageNeeded: 'Needed without a template.',
  imageOfTemplate: "Empty: the template's.",
  ports: {
    legend: 'Ports',
    hint: 'An instance is ready when all its ports answer.',
    number: 'Number',
    protocol: 'Protocol',
    change: 'Change',
    changeRest: ' the ports',
    none: 'No port: it is ready as soon as it runs.',
    /** @param {string} ports */
    own: (ports) => `Ready when ${ports} answers.`,
    /** @param {string} ports */
    ofTemplate: (ports) => `Ready when ${ports} answers, as the template says.`,
    /** @param {string} ports @param {string} program */
    known: (ports, program) => `Ready when ${ports} answers, the usual port of ${program}.`,
    /** @param {string} ports */
    usual: (ports) => `Ready when ${ports} answers. This image is not known here: check its port.`,
  },
  gpu: 'GPU',
  find: 'Find a GPU',
  noGpus: 'GPUs are shown once prices and stock are read.',
  noSuchGpu: 'No GPU has this in its name.',
  /** @param {string} price @param {string} place */
  offer: (price, place) => `${price} in ${place}`,
  /** @param {string} price */
  offerAnywhere: (price) => `${price}, where Novita chooses`,
  /** @param {number} count */
  moreOffers: (count) => `${count} more`,
  /** @param {string} places */
  noneIn: (places) => `none in ${places}`,
  /** @param {string} price */
  from: (price) => `from ${price}`,
  outOfStock: 'Out of stock',
  notOffered: 'Not billed so',
  fewLeft: 'Few left',
  gpus: 'GPUs',
  billing: 'Billing',
  /** @type {Readonly<Record<import('../net/api-types.js').Instance['billingMode'], string>>} */
  billings: {
    onDemand: 'On demand',
    spot: 'Spot: cheaper, and may be reclaimed',
    monthly: 'Monthly: paid in advance',
  },
  region: 'Region',
  regionHint: 'Where to look first.',
  machine: 'Machine',
  machineHint: 'Machines with this GPU differ in processors and memory.',
  cheapestMachine: 'The cheapest in stock in the region',
  /** @param {number} processors @param {number} memory */
  machineSize: (processors, memory) => `${processors} CPU, ${memory} GB per GPU`,
  everyRegion: 'every region',
  notSo: 'not billed so',
  disk: 'Disk in GB',
  /** @param {number} min @param {number} max @param {number} usual */
  diskHint: (min, max, usual) => `${min} to ${max} GB; empty: ${usual}.`,
  command: 'Command',
  commandHint: "Replaces the start command of the image; empty: the template's, or the image's own.",
  variables: {
    legend: 'Environment variables',
    name: 'Name',
    value: 'Value',
    /** @param {string} names */
    ofTemplate: (names) => `The template also sets ${names}; the same name here goes before it.`,
  },
  idle: {
    label: 'Stop it when it stands unused',
    usual: 'As the template or the fleet says',
    always: 'Always',
    never: 'Never',
    minutes: 'After minutes without use',
    minutesHint: 'Empty: as the template or the fleet says.',
    lifetime: 'Ends after minutes, whatever its use',
    lifetimeHint: 'From its creation on. Empty: it has no such end.',
  },
  token: 'Let it report its own use',
  tokenHint:
    'Gives it a token in NOVITA_FLEET_TOKEN and the address to report to in NOVITA_FLEET_URL, so that a job inside keeps it from being stopped.',
  advanced: 'Advanced',
  advancedHint: 'disk, ports, variables, command, auto-stop, storage',
  entrypoint: 'Entrypoint',
  entrypointHint: "Replaces the image's ENTRYPOINT.",
  login: 'Registry login',
  loginHint: 'Id of a login kept at Novita, for a private image.',
  cuda: 'CUDA at least',
  cudaHint: 'Such as 12.4.',
  webhook: 'Webhook',
  webhookHint: 'Is sent what happens to this instance.',
  storage: {
    legend: 'Network storage',
    id: 'Id',
    idHint: 'id at Novita',
    path: 'Path',
    hint: 'All of them must lie in one cluster, and the instance is made there.',
  },
  reading: 'Reading prices and stock …',
  prices: 'Prices ',
  readAnew: 'Read prices anew',
  /** @param {string} cause */
  notRead: (cause) => `Prices and stock could not be read: ${cause} They are asked for again every 5 s.`,
  chooseGpu: 'Choose a GPU to see the price.',
  /** @param {string} price @param {string} place @param {string} day */
  total: (price, place, day) => `Total: ${price} in ${place}, which is ${day} a day.`,
  /** @param {string} region */
  missing: (region) => `None can be had in ${region} at present, so it is made where it is cheapest.`,
  paidAhead: 'It is paid by the month, in advance.',
  /** @param {string} gpu */
  outEverywhere: (gpu) => `${gpu} is out of stock everywhere at present.`,
  /** @param {string} gpu */
  notBilledSo: (gpu) => `${gpu} is not to be had with this billing.`,
  diskTooLarge: 'No machine in stock has a disk of this size.',
  /** @param {string} gpu */
  gone: (gpu) => `${gpu} is not offered any more.`,
  instead: 'To be had instead:',
  chooseOther: 'This GPU is not to be had at present. Choose one that is.',
  /** @param {string} what @param {string} price */
  take: (what, price) => `${what}, ${price}`,
  /** @param {string} region @param {string} price */
  usualRegion: (region, price) => `${region} (the usual one), ${price}`,
  /** @param {string} region */
  usualRegionUnpriced: (region) => `${region} (the usual one)`,
  /** @param {string} region */
  usualRegionEmpty: (region) => `${region} (the usual one), none there at present`,
  usualRegionUnknown: 'The usual one',
  anyRegion: 'The cheapest anywhere',
  /** @param {string} region @param {string} price */
  cheapestRegion: (region, price) => `The cheapest anywhere: ${region}, ${price}`,
  /** @param {string} region */
  emptyRegion: (region) => `${region}, none there at present`,
  /** What is wrong with a value, beside its field. */
  wrong: {
    image: 'Give an image, or choose a template.',
    imageSpaces: 'An image name has no spaces.',
    name: 'Give it a name.',
    nameLetters: 'Use letters, digits and hyphens only.',
    gpu: 'Choose a GPU.',
    /** @param {number} min @param {number} max in GB */
    disk: (min, max) => `Give a whole number from ${min} to ${max} GB.`,
    port: 'Give a port from 1 to 65535, in digits alone; its protocol stands beside it.',
    portReserved: 'Novita keeps 2222, 2223 and 2224 for itself.',
    /** @param {number} port */
    portTwice: (port) => `Port ${port} stands there twice.`,
    variable: 'Give the variable a name.',
    variableSpaces: 'A name has no spaces and no =.',
    /** @param {string} name */
    variableTwice: (name) => `${name} stands there twice.`,
    storage: 'Give the id of the storage.',
    path: 'A path begins with a slash.',
    version: 'Give a version such as 12.4.',
    webhook: 'Give an http or https address.',
    /** @param {number} most @param {number} length */
    tooLong: (most, length) => `Use at most ${most} characters; these are ${length}.`,
  },
};
