# Makes links between files of the repository work in /usr/share/doc/linnet: what is in docs/ is at
# the top there, what is in config/ is in examples/. Links to files for developers become text.
s,\[([^][]*)\]\((\.\./)*(docs/)?(tests|src|include|public|ARCHITECTURE\.md|CONTRIBUTING\.md)[^)]*\),\1,g
s,(\]\(|src="|href=")docs/,\1,g
s,(\]\(|src="|href=")config/,\1examples/,g
s,(\]\(|src="|href=")\.\./\.\./config/,\1../examples/,g
s,(\]\(|src="|href=")\.\./config/,\1examples/,g
s,(\]\(|src="|href=")\.\./README\.md,\1README.md,g
s,(\]\(|src="|href=")\.\./LICENSE,\1copyright,g
s,(\]\(|src="|href=")LICENSE,\1copyright,g
