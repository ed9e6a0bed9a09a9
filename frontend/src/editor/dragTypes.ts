/** What a drag from the side panels carries to the canvas. */
export const NODE_MIME = 'application/x-lepton-node'
export const DATASET_MIME = 'application/x-lepton-dataset'
