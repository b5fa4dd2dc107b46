/** The words of the view of the instances. */
export const INSTANCES = { title: 'Instances' };
