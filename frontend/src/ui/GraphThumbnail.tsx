import styles from './GraphThumbnail.module.css'

type Drawn = {
  nodes: readonly { id: string; type: string; position: { x: number; y: number } }[]
  edges: readonly { source: string; target: string }[]
}

const NODE = { width: 200, height: 84 }
const ROOM = 24

/** The canvas of a graph, small: where the nodes stand and how they are connected; empty without an outline. */
export function GraphThumbnail({ outline }: { outline: Drawn | null }) {
  const { nodes, edges } = outline ?? { nodes: [], edges: [] }
  if (nodes.length === 0) return <div className={styles.thumbnail} />
  const left = Math.min(...nodes.map((node) => node.position.x)) - ROOM
  const top = Math.min(...nodes.map((node) => node.position.y)) - ROOM
  const width = Math.max(...nodes.map((node) => node.position.x)) + NODE.width + ROOM - left
  const height = Math.max(...nodes.map((node) => node.position.y)) + NODE.height + ROOM - top
  const places = new Map(nodes.map((node) => [node.id, node.position]))
  return (
    <div className={styles.thumbnail}>
      <svg
        viewBox={`${left} ${top} ${width} ${height}`}
        preserveAspectRatio="xMidYMid meet"
        aria-hidden="true"
      >
        {edges.map((edge, index) => {
          const from = places.get(edge.source)
          const to = places.get(edge.target)
          if (!from || !to) return null
          const [x1, y1, x2, y2] = [
            from.x + NODE.width,
            from.y + NODE.height / 2,
            to.x,
            to.y + NODE.height / 2,
          ]
          const bend = Math.max(40, (x2 - x1) / 2)
          return (
            <path
              // biome-ignore lint/suspicious/noArrayIndexKey: two edges may join the same nodes
              key={index}
              className={styles.wire}
              d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}
            />
          )
        })}
        {nodes.map((node) => (
          <rect
            key={node.id}
            className={styles.node}
            data-group={node.type.split('.')[0]}
            x={node.position.x}
            y={node.position.y}
            width={NODE.width}
            height={NODE.height}
            rx={12}
          />
        ))}
      </svg>
    </div>
  )
}
